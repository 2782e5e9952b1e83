"""COCO with its class names as the prompt, images as GLIP reads and resizes them."""

_base_ = 'mmdet::_base_/datasets/coco_detection.py'

# GLIP's code decodes and resizes with Pillow; short side 800, long side at most 1333.
scale = (800, 1333)
train_scales = [(size, 1333) for size in (480, 560, 640, 720, 800)]

train_pipeline = [
    dict(type='LoadImage', imdecode_backend='pillow'),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(
        type='RandomChoiceResize',
        scales=train_scales,
        resize_type='FixScaleResize',
        keep_ratio=True,
        backend='pillow',
    ),
    dict(type='RandomFlip', prob=0.5),
    dict(
        type='SampleDetectionPrompt',
        tokenizer='bert-base-uncased',
        max_tokens=256,
        num_categories=-1,  # all 80 names
        shuffle=False,  # GLIP fine-tunes with a fixed order
    ),
    dict(type='PackTextDetInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(type='FixScaleResize', scale=scale, keep_ratio=True, backend='pillow'),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='PackTextDetInputs'),
]

train_dataloader = dict(
    batch_size=2,  # per process; 32 in all in GLIP
    dataset=dict(type='CocoTextDataset', pipeline=train_pipeline),
)
val_dataloader = dict(dataset=dict(type='CocoTextDataset', pipeline=test_pipeline))
test_dataloader = val_dataloader

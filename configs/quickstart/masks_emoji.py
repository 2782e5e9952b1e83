"""Masks by words on EmojiScenes, on top of the quickstart's frozen detector.

    make quickstart
    python tools/demo/quickstart_masks.py

Trains in 8 minutes on two CPU cores. All numbers are our choice but those of the mask
head, which are GLIPv2-T's.
"""

_base_ = [
    '../_base_/models/glipv2_lite0_minilm_detail_mask.py',
    '../_base_/datasets/emoji_scenes.py',
    '../_base_/schedules/quickstart_steps.py',
]

max_iters = 950
warmup_steps = 50
load_from = 'work_dirs/quickstart/quickstart.pth'

model = dict(train_only=('mask_head',))

train_pipeline = [
    *(_base_.load_image, _base_.load_masks, _base_.resize, _base_.flip),
    dict(
        _base_.prompt,
        num_categories=10,  # few words: a step costs less
        full_sampling_prob=1.0,
    ),
    _base_.pack,
]
# Not flipped: phrases say left and right.
phrase_pipeline = [_base_.load_image, _base_.load_masks, _base_.resize, _base_.pack]
train_dataloader = dict(
    _base_.mixed_dataloader,
    _delete_=True,
    dataset=dict(
        type='MixedDataset',
        weights=[3, 1],
        datasets=[
            dict(_base_.emoji_train.boxes, pipeline=train_pipeline),
            dict(_base_.emoji_train.phrase_masks, pipeline=phrase_pipeline),
        ],
    ),
)
val_evaluator = dict(metric=['bbox', 'segm'])
test_evaluator = val_evaluator

# What quickstart_masks.py measures besides.
phrasecut_dataset = dict(
    _base_.emoji_val.phrase_masks,
    pipeline=[_base_.load_image, _base_.resize, _base_.load_masks, _base_.pack],
)
phrasecut_evaluator = dict(type='PhraseCutMetric')

train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
optim_wrapper = dict(optimizer=dict(lr=2e-3), paramwise_cfg=None)
param_scheduler = [
    dict(_base_.emoji_warmup, end=warmup_steps),
    dict(_base_.cosine, begin=warmup_steps, end=max_iters),
]
custom_hooks = [
    dict(type='CheckpointGuard', allow_partial=True),  # the detector has no mask head
    dict(type='SeedEachStep'),
]

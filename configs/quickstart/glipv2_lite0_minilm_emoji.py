"""The quickstart: 40 emoji by name, learnt in about 12 minutes on two CPU cores.

`make demo` runs it. All numbers are our choice for this time; see README.md for what
it reaches.
"""

_base_ = [
    '../_base_/models/glipv2_lite0_minilm.py',
    '../_base_/datasets/emoji_scenes.py',
    '../_base_/default_runtime.py',
]

# 1,200 steps of 8 pictures = 3 epochs of the 3,200 pictures.
max_epochs = 3
steps_per_epoch = 400
warmup_steps = 50

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=max_epochs, val_interval=3)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=8e-4, weight_decay=1e-4),
    clip_grad=dict(max_norm=1.0),  # as in GLIP
    paramwise_cfg=dict(
        norm_decay_mult=0.0,
        custom_keys={'backbone': dict(lr_mult=0.3)},
    ),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.05, by_epoch=False, end=warmup_steps),
    dict(
        type='CosineAnnealingLR',
        by_epoch=False,
        begin=warmup_steps,
        end=max_epochs * steps_per_epoch,
        eta_min_ratio=0.01,
    ),
]

default_hooks = dict(
    logger=dict(interval=20),
    checkpoint=dict(interval=1, max_keep_ckpts=1),
)
env_cfg = dict(cudnn_benchmark=False)
randomness = dict(seed=0)

# For --auto-scale-lr: the batch size that the learning rate was chosen for.
auto_scale_lr = dict(enable=False, base_batch_size=8)

"""What all trainings on EmojiScenes share; all numbers are our choice."""

_base_ = '../default_runtime.py'

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

default_hooks = dict(logger=dict(interval=20))
env_cfg = dict(cudnn_benchmark=False)
randomness = dict(seed=0)

# For --auto-scale-lr: the batch size that the learning rate was chosen for.
auto_scale_lr = dict(enable=False, base_batch_size=8)

"""What all trainings on EmojiScenes share; numbers without a source are our choice."""

_base_ = ['./adamw.py', '../default_runtime.py']

optim_wrapper = dict(
    optimizer=dict(lr=8e-4),
    paramwise_cfg=dict(
        norm_decay_mult=0.0,
        custom_keys={'backbone': dict(lr_mult=0.3)},
    ),
)
# Pieces of `param_scheduler`: a config gives the steps.
emoji_warmup = dict(type='LinearLR', start_factor=0.05, by_epoch=False)
cosine = dict(type='CosineAnnealingLR', by_epoch=False, eta_min_ratio=0.01)

default_hooks = dict(logger=dict(interval=20))
env_cfg = dict(cudnn_benchmark=False)
randomness = dict(seed=0)
auto_scale_lr = dict(base_batch_size=8)

"""GLIP's pre-training schedule, in steps.

Numbers are those of GLIP's released code and configs (Swin-T), where not said
otherwise; GLIPv2's lengths are those remembered of the paper.
"""

_base_ = ['./adamw.py', '../default_runtime.py']

max_iters = 330000  # GLIPv2-T's first stage, batch 64

train_cfg = dict(type='IterBasedTrainLoop', max_iters=max_iters, val_interval=10000)
optim_wrapper = dict(
    type='AmpOptimWrapper',
    loss_scale='dynamic',
    optimizer=dict(lr=1e-4),
    # The text encoder's biases learn as the rest of it.
    paramwise_cfg=dict(
        _base_.fast_biases,
        custom_keys={
            **_base_.fast_biases['custom_keys'],
            'text_encoder': dict(lr_mult=0.1),
        },
    ),
)
# `milestones` are at 67 % and 89 % of `end`.
drops = dict(type='MultiStepLR', by_epoch=False, gamma=0.1)
param_scheduler = [
    _base_.warmup,
    dict(drops, end=max_iters, milestones=[221100, 293700]),
]

default_hooks = dict(
    checkpoint=dict(by_epoch=False, interval=5000, max_keep_ckpts=3),  # our choice
)
averaged_weights = dict(
    type='EMAHook',
    ema_type='ExpMomentumEMA',
    momentum=0.001,  # keeps 0.999
    gamma=2000,  # our choice: follows quickly during the warm-up
)
custom_hooks = [
    dict(type='CheckpointGuard'),
    dict(type='SeedEachStep'),
    averaged_weights,
]
log_processor = dict(by_epoch=False)
auto_scale_lr = dict(base_batch_size=64)

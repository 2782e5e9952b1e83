"""GLIP's pre-training schedule, in steps.

Numbers are those of GLIP's released code and configs (Swin-T), where not said
otherwise; GLIPv2's lengths are those remembered of the paper.
"""

_base_ = '../default_runtime.py'

max_iters = 330000  # GLIPv2-T's first stage, batch 64

train_cfg = dict(type='IterBasedTrainLoop', max_iters=max_iters, val_interval=10000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

optim_wrapper = dict(
    type='AmpOptimWrapper',
    loss_scale='dynamic',
    optimizer=dict(type='AdamW', lr=1e-4, weight_decay=1e-4),
    clip_grad=dict(max_norm=1.0),
    paramwise_cfg=dict(
        # Biases learn twice as fast and do not decay; the text encoder's learn as the
        # rest of it.
        bias_lr_mult=2.0,
        bias_decay_mult=0.0,
        custom_keys={'text_encoder': dict(lr_mult=0.1)},
    ),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.001, by_epoch=False, end=2000),
    dict(
        type='MultiStepLR',
        by_epoch=False,
        end=max_iters,
        milestones=[221100, 293700],  # 67 % and 89 %
        gamma=0.1,
    ),
]

default_hooks = dict(
    checkpoint=dict(by_epoch=False, interval=5000, max_keep_ckpts=3),  # our choice
)
custom_hooks = [
    dict(type='CheckpointGuard'),
    dict(type='SeedEachStep'),
    dict(
        type='EMAHook',
        ema_type='ExpMomentumEMA',
        momentum=0.001,  # keeps 0.999
        gamma=2000,  # our choice: follows quickly during the warm-up
    ),
]
log_processor = dict(by_epoch=False)

# For --auto-scale-lr: the batch size that the learning rate was chosen for.
auto_scale_lr = dict(enable=False, base_batch_size=64)

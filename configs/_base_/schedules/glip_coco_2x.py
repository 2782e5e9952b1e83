"""GLIP's fine-tuning on COCO: 24 epochs, batch 32, 1e-5 for all (its README)."""

_base_ = './adamw.py'

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=24, val_interval=1)
optim_wrapper = dict(
    optimizer=dict(lr=1e-5),
    # GLIP's code: biases learn twice as fast and do not decay.
    paramwise_cfg=dict(bias_lr_mult=2.0, bias_decay_mult=0.0),
)
param_scheduler = [
    _base_.warmup,
    dict(type='MultiStepLR', by_epoch=True, end=24, milestones=[16, 21], gamma=0.1),
]
auto_scale_lr = dict(base_batch_size=32)

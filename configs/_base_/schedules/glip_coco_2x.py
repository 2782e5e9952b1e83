"""GLIP's fine-tuning on COCO: 24 epochs, batch 32, 1e-5 for all (its README)."""

_base_ = './adamw.py'

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=24, val_interval=1)
optim_wrapper = dict(
    optimizer=dict(lr=1e-5),
    paramwise_cfg=_base_.fast_biases,
)
param_scheduler = [
    _base_.warmup,
    dict(type='MultiStepLR', by_epoch=True, end=24, milestones=[16, 21], gamma=0.1),
]
auto_scale_lr = dict(base_batch_size=32)

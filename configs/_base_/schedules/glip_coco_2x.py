"""GLIP's fine-tuning on COCO: 24 epochs, batch 32, 1e-5 for all (its README)."""

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=24, val_interval=1)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-5, weight_decay=1e-4),
    clip_grad=dict(max_norm=1.0),
    # GLIP's code: biases learn twice as fast and do not decay.
    paramwise_cfg=dict(bias_lr_mult=2.0, bias_decay_mult=0.0),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.001, by_epoch=False, end=2000),
    dict(type='MultiStepLR', by_epoch=True, end=24, milestones=[16, 21], gamma=0.1),
]

# For --auto-scale-lr: the batch size that the learning rate was chosen for.
auto_scale_lr = dict(enable=False, base_batch_size=32)

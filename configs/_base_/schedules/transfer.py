"""GLIP's transfer to a small set: 200 epochs at most, step and stop by the val score.

Batch, epochs and patience as in GLIP's code for ODinW (few-shot); with all data it
uses a step patience of 2 and a stop patience of 4. The learning rate is that of full
tuning and linear probing.
"""

_base_ = ['./adamw.py', '../default_runtime.py']

monitor = 'coco/bbox_mAP'

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=200, val_interval=1)
optim_wrapper = dict(optimizer=dict(lr=1e-4, weight_decay=0.05))  # GLIP appendix
param_scheduler = [
    dict(
        type='ReduceOnPlateauLR',
        monitor=monitor,
        rule='greater',
        factor=0.1,
        patience=3,
        threshold=0.0,
    ),
]
default_hooks = dict(
    checkpoint=dict(interval=1, max_keep_ckpts=2, save_best=monitor, rule='greater'),
)
early_stopping = dict(
    type='EarlyStoppingHook',
    monitor=monitor,
    rule='greater',
    patience=8,
    min_delta=0.0,
)
custom_hooks = [dict(type='CheckpointGuard'), early_stopping]
randomness = dict(seed=3)  # one of 3, 30, 300
auto_scale_lr = dict(base_batch_size=4)

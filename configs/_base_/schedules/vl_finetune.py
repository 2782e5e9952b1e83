"""Fine-tuning for questions or captions.

The paper's schedule is not public. Learning rates are those of GLIP's fine-tuning on
COCO; length and batch are our choice.
"""

_base_ = '../default_runtime.py'

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=10, val_interval=1)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-5, weight_decay=1e-4),
    clip_grad=dict(max_norm=1.0),
    paramwise_cfg=dict(
        norm_decay_mult=0.0,
        custom_keys={  # the new head starts at random
            'vqa_head': dict(lr_mult=10.0),
            'caption_head': dict(lr_mult=10.0),
        },
    ),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.001, by_epoch=False, end=1000),
    dict(type='CosineAnnealingLR', by_epoch=True, T_max=10, convert_to_iter_based=True),
]

# The detector's weights lack the head.
custom_hooks = [dict(type='CheckpointGuard', allow_partial=True)]

# For --auto-scale-lr: the batch size that the learning rate was chosen for.
auto_scale_lr = dict(enable=False, base_batch_size=64)

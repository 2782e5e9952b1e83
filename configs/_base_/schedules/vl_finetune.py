"""Fine-tuning for questions or captions.

The paper's schedule is not public. Learning rates are those of GLIP's fine-tuning on
COCO; length and batch are our choice.
"""

_base_ = ['./adamw.py', '../default_runtime.py']

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=10, val_interval=1)
optim_wrapper = dict(
    optimizer=dict(lr=1e-5),
    paramwise_cfg=dict(
        norm_decay_mult=0.0,
        custom_keys={  # the new head starts at random
            'vqa_head': dict(lr_mult=10.0),
            'caption_head': dict(lr_mult=10.0),
        },
    ),
)
param_scheduler = [
    dict(_base_.warmup, end=1000),
    dict(type='CosineAnnealingLR', by_epoch=True, T_max=10, convert_to_iter_based=True),
]
auto_scale_lr = dict(base_batch_size=64)

# The detector's weights lack the head.
custom_hooks = [dict(type='CheckpointGuard', allow_partial=True)]

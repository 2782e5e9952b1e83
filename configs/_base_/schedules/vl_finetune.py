"""What fine-tuning for questions and for captions share: FIBER's length and batch.

GLIPv2's own schedule is not public. FIBER (NeurIPS 2022), of the same group and year,
has published its: batch 512, ten epochs, weight decay 0.01, a tenth of the steps as
warm-up, then linearly to 0. Its rates for parts that join image and words are five
times the base rate: here the fusion neck. vl_finetune_glip.py has GLIP's rates.
"""

_base_ = ['./adamw.py', '../default_runtime.py']

epochs = 10

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=epochs, val_interval=1)
optim_wrapper = dict(
    optimizer=dict(weight_decay=0.01),
    paramwise_cfg=dict(
        norm_decay_mult=0.0,
        bias_decay_mult=0.0,
        custom_keys={'fusion_neck': dict(lr_mult=5.0)},
    ),
)
linear = dict(type='LinearLR', convert_to_iter_based=True)
param_scheduler = [
    dict(linear, start_factor=1e-6, end=1),  # FIBER's starts at 0
    dict(linear, start_factor=1.0, end_factor=0.0, begin=1, end=epochs),
]
auto_scale_lr = dict(base_batch_size=512)

# The detector's weights lack the head.
custom_hooks = [dict(type='CheckpointGuard', allow_partial=True)]

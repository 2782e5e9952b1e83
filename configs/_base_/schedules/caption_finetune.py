"""FIBER's schedule for captions: 5e-5, the new head five times that."""

_base_ = './vl_finetune.py'

optim_wrapper = dict(
    optimizer=dict(lr=5e-5),
    paramwise_cfg=dict(custom_keys={'caption_head': dict(lr_mult=5.0)}),
)

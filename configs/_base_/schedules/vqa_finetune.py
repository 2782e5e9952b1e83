"""FIBER's schedule for questions: 2e-5, the new head fifty times that."""

_base_ = './vl_finetune.py'

optim_wrapper = dict(
    optimizer=dict(lr=2e-5),
    paramwise_cfg=dict(custom_keys={'vqa_head': dict(lr_mult=50.0)}),
)

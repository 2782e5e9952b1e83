"""Full tuning: 1e-4, the text encoder 1e-5, weight decay 0.05 (GLIP appendix)."""

_base_ = './transfer.py'

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-4, weight_decay=0.05),
    clip_grad=dict(max_norm=1.0),  # as in GLIP's pre-training
    paramwise_cfg=dict(custom_keys={'text_encoder': dict(lr_mult=0.1)}),
)

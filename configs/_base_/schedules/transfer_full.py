"""Full tuning: 1e-4, the text encoder 1e-5, weight decay 0.05 (GLIP appendix)."""

_base_ = './transfer.py'

optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys={'text_encoder': dict(lr_mult=0.1)}),
)

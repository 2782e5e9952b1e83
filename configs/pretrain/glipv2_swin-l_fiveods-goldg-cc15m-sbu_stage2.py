"""In the place of GLIPv2-H, second stage: 500,000 more steps without masked words.

Started as glipv2_swin-b_fiveods-goldg-cc15m-sbu_stage2.py from this size's first stage.
"""

_base_ = [
    './glipv2_swin-b_fiveods-goldg-cc15m-sbu_stage2.py',
    '../_base_/swin-l_sharded.py',
]

model = _base_.swin_l_model
optim_wrapper = _base_.sharded_optim_wrapper
custom_hooks = _base_.sharded_hooks

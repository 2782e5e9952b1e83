"""In the place of GLIPv2-H, second stage: 500,000 more steps without masked words.

Started as glipv2_swin-b_fiveods-goldg-cc15m-sbu_stage2.py from this size's first stage.
"""

_base_ = './glipv2_swin-l_fiveods-goldg-cc15m-sbu.py'

max_iters = 500000

model = dict(
    backbone=dict(init_cfg=None), text_encoder=dict(pretrained=False), mlm_head=None
)
train_cfg = dict(max_iters=max_iters)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.001, by_epoch=False, end=2000),
    dict(
        type='MultiStepLR',
        by_epoch=False,
        end=max_iters,
        milestones=[335000, 445000],  # 67 % and 89 %
        gamma=0.1,
    ),
]

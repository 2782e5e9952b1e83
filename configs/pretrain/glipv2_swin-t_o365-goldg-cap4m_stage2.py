"""GLIPv2-T, second stage: 300,000 more steps without masked words.

Started from the first stage's weights; learning rate and its drops begin anew (our
choice):

    bash tools/dist_train.sh \
        configs/pretrain/glipv2_swin-t_o365-goldg-cap4m_stage2.py 8 \
        --cfg-options load_from=work_dirs/glipv2_t/iter_330000.pth
"""

_base_ = './glipv2_swin-t_o365-goldg-cap4m.py'

max_iters = 300000

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
        milestones=[201000, 267000],  # 67 % and 89 %
        gamma=0.1,
    ),
]
# The first stage's weights hold the head of masked words, which is left behind.
custom_hooks = [
    dict(type='CheckpointGuard', allow_partial=True),
    dict(type='SeedEachStep'),
    dict(type='EMAHook', ema_type='ExpMomentumEMA', momentum=0.001, gamma=2000),
]

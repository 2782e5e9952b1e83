"""GLIPv2-B, second stage: 500,000 more steps without masked words.

    NNODES=8 NODE_RANK=0 MASTER_ADDR=first-machine bash tools/dist_train.sh \
        configs/pretrain/glipv2_swin-b_fiveods-goldg-cc15m-sbu_stage2.py 8 \
        --cfg-options load_from=work_dirs/glipv2_b/iter_1000000.pth
"""

_base_ = './glipv2_swin-b_fiveods-goldg-cc15m-sbu.py'

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
# The first stage's weights hold the head of masked words, which is left behind.
custom_hooks = [
    dict(type='CheckpointGuard', allow_partial=True),
    dict(type='SeedEachStep'),
]

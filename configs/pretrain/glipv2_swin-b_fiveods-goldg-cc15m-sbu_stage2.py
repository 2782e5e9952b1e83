"""GLIPv2-B, second stage: 500,000 more steps without masked words.

    NNODES=8 NODE_RANK=0 MASTER_ADDR=first-machine bash tools/dist_train.sh \
        configs/pretrain/glipv2_swin-b_fiveods-goldg-cc15m-sbu_stage2.py 8 \
        --cfg-options load_from=work_dirs/glipv2_b/iter_1000000.pth
"""

_base_ = ['./glipv2_swin-b_fiveods-goldg-cc15m-sbu.py', '../_base_/stage2.py']

load_from = None  # the first stage's weights, not the first stage's start
max_iters = 500000

model = _base_.stage2_model
train_cfg = dict(max_iters=max_iters)
param_scheduler = [
    _base_.warmup,
    dict(_base_.drops, end=max_iters, milestones=[335000, 445000]),
]
custom_hooks = [_base_.stage2_guard, dict(type='SeedEachStep')]

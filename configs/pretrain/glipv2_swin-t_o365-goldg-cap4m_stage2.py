"""GLIPv2-T, second stage: 300,000 more steps without masked words.

Started from the first stage's weights; learning rate and its drops begin anew (our
choice):

    bash tools/dist_train.sh \
        configs/pretrain/glipv2_swin-t_o365-goldg-cap4m_stage2.py 8 \
        --cfg-options load_from=work_dirs/glipv2_t/iter_330000.pth
"""

_base_ = ['./glipv2_swin-t_o365-goldg-cap4m.py', '../_base_/stage2.py']

max_iters = 300000

model = _base_.stage2_model
train_cfg = dict(max_iters=max_iters)
param_scheduler = [
    _base_.warmup,
    dict(_base_.drops, end=max_iters, milestones=[201000, 267000]),
]
custom_hooks = [
    _base_.stage2_guard,
    dict(type='SeedEachStep'),
    _base_.averaged_weights,
]

"""GLIPv2-B, first stage: grounding, inter-image and masked words; 1,000,000 steps.

Both encoders start from UniCL's weights (`glipv2 weights get unicl_swin_b`), a pair:
most probably as GLIPv2-B's did (docs/pretraining.md, which has the alternative). Five
detection sets, GoldG and 16 million captions, batch 64 on 64 GPUs. On each of eight
machines, with NODE_RANK 0 to 7:

    NNODES=8 NODE_RANK=0 MASTER_ADDR=first-machine PORT=29500 bash \
        tools/dist_train.sh configs/pretrain/glipv2_swin-b_fiveods-goldg-cc15m-sbu.py 8

Slurm, fewer GPUs and resuming as in glipv2_swin-t_o365-goldg-cap4m.py.
"""

_base_ = [
    '../_base_/models/glipv2_swin-b_unicl.py',
    '../_base_/datasets/pretrain_fiveods_goldg_cc15m_sbu.py',
    '../_base_/schedules/pretrain.py',
]

load_from = 'unicl_swin_b'
max_iters = 1000000

model = dict(
    contrastive_loss=dict(type='InterImageContrastiveLoss', text_dim=512),
    mlm_head=dict(
        type='MLMHead',
        text_dim=512,
        vocab_size=49408,
        mask_token_id=49404,  # a word that CLIP's vocabulary spares, as in GLIP's code
    ),
)

train_cfg = dict(max_iters=max_iters)
optim_wrapper = dict(optimizer=dict(weight_decay=0.01))  # as GLIP-L
param_scheduler = [
    _base_.warmup,
    dict(_base_.drops, end=max_iters, milestones=[670000, 890000]),
    dict(  # as GLIP-L: the decay drops at 0.667 of each drop of the rate
        _base_.drops,
        type='MultiStepParamScheduler',
        param_name='weight_decay',
        end=max_iters,
        milestones=[446890, 593630],
    ),
]
# No averaged weights, as GLIP-L.
custom_hooks = [
    dict(type='CheckpointGuard', allow_partial=True),  # UniCL's weights are two parts
    dict(type='SeedEachStep'),
]

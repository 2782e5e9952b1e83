"""From released GLIP-T to GLIPv2-T: its losses between images and on masked words.

    glipv2 weights get glip_t
    bash tools/dist_train.sh configs/from_glip/glip_t_stage1.py 8 --auto-scale-lr

GLIPv2-T's first stage in a third of its steps, at GLIP's rate for weights that are
trained already (our choice): grounding is learnt, both losses begin anew. Other GLIP-T
weights with `--cfg-options load_from=glip_t-c`.
"""

_base_ = [
    '../pretrain/glipv2_swin-t_o365-goldg-cap4m.py',
    '../_base_/released_glip.py',
]

load_from = 'glip_t'
max_iters = 100000

model = dict(
    _base_.released_glip,
    # Both encoders come with GLIP's weights.
    backbone=dict(init_cfg=None),
    text_encoder=dict(pretrained=False),
)

train_cfg = dict(max_iters=max_iters)
optim_wrapper = dict(
    optimizer=dict(lr=1e-5),  # GLIP's fine-tuning on COCO
    paramwise_cfg=dict(
        custom_keys={
            'text_encoder': dict(lr_mult=1.0),  # as all, in that fine-tuning
            'contrastive_loss': dict(lr_mult=10.0),  # new: at pre-training's rate
            'mlm_head': dict(lr_mult=10.0),
        }
    ),
)
param_scheduler = [
    _base_.warmup,
    dict(_base_.drops, end=max_iters, milestones=[67000, 89000]),
]
# GLIP's weights lack what the two losses train.
custom_hooks = [
    dict(type='CheckpointGuard', allow_partial=True),
    dict(type='SeedEachStep'),
    _base_.averaged_weights,
]

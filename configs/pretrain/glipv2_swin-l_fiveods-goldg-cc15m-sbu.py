"""In the place of GLIPv2-H, first stage: GLIPv2-B with Swin-L, sharded (FSDP).

The paper's CoSwin-H is not public; the largest public Swin stands in (our choice).
Runs as glipv2_swin-b_fiveods-goldg-cc15m-sbu.py does. Parameters, gradients and
optimiser states are divided among the GPUs; for DDP leave `runner_type` and `strategy`
out. Run on the CPU with a tiny model and two processes only (tests/engine).
"""

_base_ = [
    './glipv2_swin-b_fiveods-goldg-cc15m-sbu.py',
    '../_base_/swin-l_sharded.py',
]

load_from = None  # UniCL has no Swin-L: each encoder starts from weights of its own

model = dict(
    _base_.swin_l_model,
    backbone=dict(
        _base_.swin_l_model.backbone,
        init_cfg=dict(type='Pretrained', checkpoint='weights/swin_l.pth'),
        convert_weights=False,
    ),
    # The text tower of UniCL's pair.
    text_encoder=dict(
        init_cfg=dict(
            type='Pretrained', checkpoint='unicl_swin_b', prefix='text_encoder.'
        ),
    ),
    # Sharded with the text encoder, its words cannot be the head's, too.
    mlm_head=dict(embeddings='copy'),
)
optim_wrapper = _base_.sharded_optim_wrapper
custom_hooks = _base_.sharded_hooks

"""In the place of GLIPv2-H, first stage: GLIPv2-B with Swin-L, sharded (FSDP).

The paper's CoSwin-H is not public; the largest public Swin stands in (our choice).
Runs as glipv2_swin-b_fiveods-goldg-cc15m-sbu.py does. Parameters, gradients and
optimiser states are divided among the GPUs; for DDP leave `runner_type` and `strategy`
out. Run on the CPU with a tiny model and two processes only (tests/engine).
"""

_base_ = './glipv2_swin-b_fiveods-goldg-cc15m-sbu.py'

model = dict(
    backbone=dict(  # Swin-L's numbers
        embed_dims=192,
        num_heads=[6, 12, 24, 48],
        init_cfg=dict(checkpoint='weights/swin_l.pth'),
    ),
    neck=dict(in_channels=[384, 768, 1536]),
    fusion_neck=dict(with_cp=True),  # as in GLIP's code
    # Sharded with the text encoder, its words cannot be the head's, too.
    mlm_head=dict(embeddings='copy'),
)

runner_type = 'FlexibleRunner'
strategy = dict(
    type='ShardedStrategy',
    units=['SwinBlock', 'ClipLayer', 'FusionBlock'],  # our choice
)
optim_wrapper = dict(use_fsdp=True)  # one loss scale for all processes
# CheckpointGuard compares whole weights, which no process has here.
custom_hooks = [dict(type='SeedEachStep')]

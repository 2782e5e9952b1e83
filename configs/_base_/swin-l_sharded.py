"""What Swin-L changes of GLIPv2-B, in both stages of pre-training: its size, and FSDP.

Listed beside GLIPv2-B's config, whose keys it must not define.
"""

swin_l_model = dict(
    backbone=dict(  # Swin-L's numbers
        embed_dims=192, num_heads=[6, 12, 24, 48], window_size=12
    ),
    neck=dict(in_channels=[384, 768, 1536]),
    fusion_neck=dict(with_cp=True),  # as in GLIP's code
)
runner_type = 'FlexibleRunner'
strategy = dict(
    type='ShardedStrategy',
    units=['SwinBlock', 'ClipLayer', 'FusionBlock'],  # our choice
)
sharded_optim_wrapper = dict(use_fsdp=True)  # one loss scale for all processes
# Without CheckpointGuard: it compares whole weights, which no process has here.
sharded_hooks = [dict(type='SeedEachStep')]

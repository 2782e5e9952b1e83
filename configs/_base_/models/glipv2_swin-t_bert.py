"""GLIPv2-T: Swin-T, BERT-base and six fusion blocks.

Numbers are those of GLIP's released code and configs (Swin-T, 256 tokens), which
GLIPv2-T keeps, where not said otherwise.
"""

_base_ = '../heads/grounding_head.py'

channels = 256
text_dim = 768  # hidden size of BERT-base

model = dict(
    type='GLIPv2',
    data_preprocessor=dict(
        type='DetDataPreprocessor',
        mean=[103.53, 116.28, 123.675],  # BGR
        std=[57.375, 57.12, 58.395],
        bgr_to_rgb=False,
        pad_size_divisor=32,
    ),
    backbone=dict(
        type='SwinTransformer',
        embed_dims=96,
        depths=[2, 2, 6, 2],
        num_heads=[3, 6, 12, 24],
        window_size=7,
        drop_path_rate=0.2,
        out_indices=(1, 2, 3),  # strides 8, 16, 32
        convert_weights=True,  # for an init_cfg with Swin's published file
    ),
    neck=dict(
        type='FPN',
        in_channels=[192, 384, 768],
        out_channels=channels,
        add_extra_convs='on_output',  # P6 from P5
        relu_before_extra_convs=True,  # before P7
        num_outs=5,
    ),
    text_encoder=dict(
        type='TextEncoder',
        source='bert-base-uncased',
        pretrained=False,  # the model's checkpoint holds the text weights
        max_tokens=256,
    ),
    fusion_neck=dict(
        type='VLFusionNeck',
        in_channels=channels,
        text_dim=text_dim,
        num_blocks=6,
        embed_dim=2048,
        num_heads=8,
        dropout=0.1,
        text_num_heads=12,
        text_dropout=0.1,
        norm_groups=16,
    ),
    bbox_head=dict(in_channels=channels, text_dim=text_dim),
)

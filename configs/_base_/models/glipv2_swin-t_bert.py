"""GLIPv2-T: Swin-T, BERT-base and six fusion blocks.

Numbers are those of GLIP's released code and configs (Swin-T, 256 tokens), which
GLIPv2-T keeps, where not said otherwise.
"""

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
    bbox_head=dict(
        type='GroundingHead',
        in_channels=channels,
        text_dim=text_dim,
        anchor_generator=dict(
            type='AnchorGenerator',
            ratios=[1.0],
            octave_base_scale=8,  # one anchor of 8 strides
            scales_per_octave=1,
            strides=[8, 16, 32, 64, 128],
            center_offset=0.5,
        ),
        bbox_coder=dict(
            type='DeltaXYWHBBoxCoder',
            target_means=[0.0, 0.0, 0.0, 0.0],
            target_stds=[0.1, 0.1, 0.2, 0.2],  # weights 10, 10, 5, 5
        ),
        loss_cls=dict(
            type='FocalLoss', use_sigmoid=True, gamma=2.0, alpha=0.25, loss_weight=1.0
        ),
        loss_bbox=dict(type='GIoULoss', loss_weight=2.0),
        loss_centerness=dict(
            type='CrossEntropyLoss', use_sigmoid=True, loss_weight=1.0
        ),
    ),
    train_cfg=dict(
        assigner=dict(type='ATSSAssigner', topk=9),
        allowed_border=-1,
        pos_weight=-1,
        debug=False,
    ),
    test_cfg=dict(
        nms_pre=1000,
        min_bbox_size=0,
        score_thr=0.05,
        nms=dict(type='nms', iou_threshold=0.6),
        max_per_img=100,  # 300 on LVIS
    ),
)

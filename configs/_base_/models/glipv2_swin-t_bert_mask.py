"""GLIPv2-T's mask head on a frozen detector.

One hourglass of one scale, 256 wide (GLIPv2); proposals and RoIAlign as in GLIP's code;
what is sampled of them is our choice.
"""

_base_ = './glipv2_swin-t_bert.py'

model = dict(
    train_only=('mask_head',),
    mask_head=dict(
        type='LanguageMaskHead',
        in_channels=256,
        text_dim=768,
        roi_extractor=dict(
            type='SingleRoIExtractor',
            roi_layer=dict(type='RoIAlign', output_size=14, sampling_ratio=0),
            out_channels=256,
            featmap_strides=[8, 16, 32, 64],  # P3 to P6
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
                num=128,
                pos_fraction=1.0,
                neg_pos_ub=-1,
                add_gt_as_proposals=True,
            ),
        ),
    ),
)

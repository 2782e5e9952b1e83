"""What the mask heads of every size share, for `model.mask_head`.

One hourglass of one scale (GLIPv2), RoIAlign to 14 pixels as in GLIP's code; what is
sampled of the proposals is our choice.
"""

mask_head = dict(type='LanguageMaskHead', hourglass_scales=1, hourglass_layers=1)
mask_roi_layer = dict(type='RoIAlign', output_size=14)
mask_targets = dict(
    mask_size=28,
    assigner=dict(
        type='MaxIoUAssigner',
        pos_iou_thr=0.5,
        neg_iou_thr=0.5,
        min_pos_iou=0.5,
        match_low_quality=False,
        ignore_iof_thr=-1,
    ),
)
mask_sampler = dict(
    type='RandomSampler', pos_fraction=1.0, neg_pos_ub=-1, add_gt_as_proposals=True
)

"""What the released GLIP weights were trained with and GLIPv2-T does otherwise.

DesCo's and K-LITE's weights, too. docs/parity.md has each of these points. Listed
beside a config of GLIPv2-T, whose keys it must not define.
"""

released_glip = dict(
    fusion_neck=dict(legacy_offsets=True, mask_padding=False),
    bbox_head=dict(inclusive_boxes=True),  # width = x2 - x1 + 1
    train_cfg=dict(assigner=dict(iou_calculator=dict(type='InclusiveBboxOverlaps2D'))),
    test_cfg=dict(
        min_bbox_size=-1,  # none is left out: one pixel is x2 - x1 = 0
        nms=dict(offset=1),  # as the boxes
    ),
)

"""The quickstart's model with a mask head, which is GLIPv2-T's but for its width."""

_base_ = ['./glipv2_lite0_minilm.py', '../heads/mask_head.py']

# Numbers without a source are our choice for two CPU cores.
model = dict(
    mask_head=dict(
        _base_.mask_head,
        in_channels=_base_.channels,
        text_dim=_base_.text_dim,
        roi_extractor=dict(
            type='SingleRoIExtractor',
            # Objects of up to 96 pixels: all are read at stride 8.
            featmap_strides=[8],
            roi_layer=dict(_base_.mask_roi_layer, sampling_ratio=2),
            out_channels=_base_.channels,
        ),
        train_cfg=dict(_base_.mask_targets, sampler=dict(_base_.mask_sampler, num=12)),
    ),
    train_cfg=dict(
        mask_proposals=dict(
            score_thr=0.1,
            nms_pre=100,
            nms=dict(type='nms', iou_threshold=0.6),  # as in testing
            max_per_img=30,
        ),
    ),
)

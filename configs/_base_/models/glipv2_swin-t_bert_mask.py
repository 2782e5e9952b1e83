"""GLIPv2-T's mask head on a frozen detector; 256 wide, as in GLIPv2."""

_base_ = ['./glipv2_swin-t_bert.py', '../heads/mask_head.py']

model = dict(
    train_only=('mask_head',),
    mask_head=dict(
        _base_.mask_head,
        in_channels=_base_.channels,
        text_dim=_base_.text_dim,
        roi_extractor=dict(
            type='SingleRoIExtractor',
            featmap_strides=[8, 16, 32, 64],  # P3 to P6
            roi_layer=dict(_base_.mask_roi_layer, sampling_ratio=0),  # GLIP's code
            out_channels=_base_.channels,
        ),
        train_cfg=dict(
            _base_.mask_targets,
            sampler=dict(_base_.mask_sampler, num=128),  # our choice
        ),
    ),
)

"""RTMDet-tiny's neck and head on EfficientNet-Lite0, whose weights a pip package has.

For machines without a network: mmdet's RTMDet-tiny downloads its backbone.
"""

_base_ = './rtmdet_tiny.py'

model = dict(
    data_preprocessor=dict(
        mean=[127.0, 127.0, 127.0],  # of the packaged Lite0 weights
        std=[128.0, 128.0, 128.0],
        bgr_to_rgb=True,
    ),
    backbone=dict(
        _delete_=True,
        type='EfficientNetLite',
        arch='lite0',
        out_indices=(3, 4, 5),  # strides 8, 16, 32
        frozen_stages=2,
        norm_eval=True,
        pretrained=True,
    ),
    neck=dict(in_channels=[40, 112, 320]),
)
optim_wrapper = dict(paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.3))))
custom_imports = dict(imports=['glipv2'], allow_failed_imports=False)

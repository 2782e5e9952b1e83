"""The quickstart's mask head, which also reads the backbone at stride 4.

Not in GLIPv2: O has one value for 8 x 8 pixels, and things here are thin. The neck, and
so the detector's weights, are those of glipv2_lite0_minilm.py.
"""

_base_ = './glipv2_lite0_minilm_mask.py'

model = dict(
    backbone=dict(out_indices=(2, 3, 4, 5)),  # strides 4, 8, 16, 32
    neck=dict(in_channels=[24, 40, 112, 320], start_level=1),
    mask_head=dict(detail_channels=24, detail_stride=4),
)

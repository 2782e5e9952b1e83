"""RTMDet-tiny's neck and head on the backbone of the weights `emoji`, as it is.

For few images and few minutes: only neck and head learn, from whole images. A backbone
that has to learn, too, and mosaics want a longer training. Numbers are our choice.
"""

_base_ = './rtmdet_tiny_lite0.py'

load_from = 'emoji'  # its neck and head have other names and stay new

model = dict(
    backbone=dict(frozen_stages=6, pretrained=False),  # all stages
    test_cfg=dict(score_thr=0.05),  # 0.001 in RTMDet
)
train_dataloader = dict(dataset=dict(pipeline=_base_.whole_pipeline))
custom_hooks = [_base_.mean_weights]
optim_wrapper = dict(optimizer=dict(lr=2e-3))

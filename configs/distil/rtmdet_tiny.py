"""RTMDet-tiny on the labels of a folder; options in labelled_folder.py."""

_base_ = [
    'mmdet::rtmdet/rtmdet_tiny_8xb32-300e_coco.py',
    '../_base_/datasets/labelled_folder.py',
]

model = dict(
    bbox_head=dict(num_classes=len(_base_.names)),
    test_cfg=dict(nms_pre=1000, max_per_img=100),  # 30000 and 300 in RTMDet
)

train_dataloader = dict(
    batch_size=16,
    num_workers=2,
    dataset=dict(
        _delete_=True, **_base_.labelled_train, pipeline=_base_.mosaic_pipeline
    ),
)
val_dataloader = dict(
    batch_size=8,
    num_workers=2,
    dataset=dict(
        _delete_=True, **_base_.labelled_val, pipeline=_base_.padded_test_pipeline
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(_delete_=True, **_base_.box_metric)
test_evaluator = val_evaluator

train_cfg = dict(**_base_.labelled_loop, dynamic_intervals=None)
optim_wrapper = dict(optimizer=dict(lr=1e-3))  # 4e-3 for batches of 256 in RTMDet
param_scheduler = [_base_.labelled_warmup, _base_.labelled_cosine]
custom_hooks = [_base_.mean_weights, _base_.without_mosaic]
default_hooks = dict(checkpoint=dict(interval=1, max_keep_ckpts=1))
auto_scale_lr = dict(base_batch_size=16)

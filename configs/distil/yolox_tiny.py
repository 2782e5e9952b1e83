"""YOLOX-tiny on the labels of a folder; options in labelled_folder.py."""

_base_ = [
    'mmdet::yolox/yolox_tiny_8xb8-300e_coco.py',
    '../_base_/datasets/labelled_folder.py',
]

model = dict(
    data_preprocessor=dict(batch_augments=None),  # one size, `image_size`
    bbox_head=dict(num_classes=len(_base_.names)),
)

train_dataloader = dict(
    num_workers=2,
    dataset=dict(
        _delete_=True, **_base_.labelled_train, pipeline=_base_.mosaic_pipeline
    ),
)
val_dataloader = dict(
    num_workers=2,
    dataset=dict(
        _delete_=True, **_base_.labelled_val, pipeline=_base_.padded_test_pipeline
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(_delete_=True, **_base_.box_metric)
test_evaluator = val_evaluator

train_cfg = _base_.labelled_loop
optim_wrapper = dict(optimizer=dict(lr=1.25e-3))  # 0.01 for batches of 64 in YOLOX
param_scheduler = [_base_.labelled_warmup, _base_.labelled_cosine]
custom_hooks = [
    dict(type='SyncNormHook', priority=48),
    _base_.mean_weights,
    _base_.without_mosaic,
]
default_hooks = dict(checkpoint=dict(interval=1, max_keep_ckpts=1))
auto_scale_lr = dict(base_batch_size=8)

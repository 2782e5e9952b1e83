"""DINO with ResNet-50 on the labels of a folder; options in labelled_folder.py."""

_base_ = [
    'mmdet::dino/dino-4scale_r50_8xb2-12e_coco.py',
    '../_base_/datasets/labelled_folder.py',
]

model = dict(bbox_head=dict(num_classes=len(_base_.names)))

load, load_boxes = _base_.read_labelled
flipped = dict(type='RandomFlip', prob=0.5)
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        **_base_.labelled_train,
        pipeline=[
            load,
            load_boxes,
            _base_.fit,
            flipped,
            dict(type='PackDetInputs'),
        ],
    ),
)
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        **_base_.labelled_val,
        pipeline=[load, _base_.fit, load_boxes, _base_.pack_labelled],
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(_delete_=True, **_base_.box_metric)
test_evaluator = val_evaluator

train_cfg = _base_.labelled_loop
optim_wrapper = dict(optimizer=dict(lr=1.25e-5))  # 1e-4 for batches of 16 in DINO
param_scheduler = [_base_.labelled_warmup, _base_.labelled_cosine]
default_hooks = dict(checkpoint=dict(interval=1, max_keep_ckpts=1))
auto_scale_lr = dict(base_batch_size=2)

"""LVIS v1, tested on minival: the 5,000 images of MDETR's file."""

_base_ = './lvis_text.py'

minival = 'annotations/lvis_v1_minival_inserted_image_name.json'

val_dataloader = dict(dataset=dict(ann_file=minival))
test_dataloader = val_dataloader
val_evaluator = [
    dict(metric, ann_file=_base_.data_root + minival) for metric in _base_.val_evaluator
]
test_evaluator = val_evaluator

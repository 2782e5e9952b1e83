"""COCO with its class names as the prompt."""

_base_ = ['mmdet::_base_/datasets/coco_detection.py', './glip_pictures.py']

train_pipeline = _base_.box_train_pipeline
test_pipeline = _base_.box_test_pipeline

train_dataloader = dict(
    batch_size=2,  # per process; 32 in all in GLIP
    dataset=dict(
        type='CocoTextDataset',
        on_bad='skip',  # instances_train2017.json has two boxes of height 0
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(dataset=dict(type='CocoTextDataset', pipeline=test_pipeline))
test_dataloader = val_dataloader

val_evaluator = dict(type='CocoMetric')
test_evaluator = val_evaluator

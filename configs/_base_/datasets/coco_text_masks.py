"""COCO with masks and its class names as the prompt."""

_base_ = './coco_text.py'

train_pipeline = [
    _base_.load_masks if step['type'] == 'LoadAnnotations' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_evaluator = dict(metric=['bbox', 'segm'])
test_evaluator = val_evaluator

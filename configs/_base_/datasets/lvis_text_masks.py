"""LVIS v1 with masks and its names as the prompt."""

_base_ = './lvis_text.py'

train_pipeline = [
    _base_.load_masks if step['type'] == 'LoadAnnotations' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_evaluator = [dict(each, metric=['bbox', 'segm']) for each in _base_.val_evaluator]
test_evaluator = val_evaluator

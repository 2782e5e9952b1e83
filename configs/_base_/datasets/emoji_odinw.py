"""One of EmojiODinW's ten themed sets (docs/transfer.md), 192 px images."""

_base_ = ['./roboflow_layout.py', './small_pictures.py']

data_root = 'data/emoji_odinw/food/'

train_pipeline = [
    *_base_.flipped_boxes,
    dict(_base_.prompt, num_categories=-1, shuffle=False),  # as in GLIP's fine-tuning
    _base_.pack,
]
test_pipeline = _base_.box_test_pipeline

train_dataloader = dict(
    dataset=dict(dataset=dict(data_root=data_root, pipeline=train_pipeline))
)
val_dataloader = dict(
    batch_size=8,  # our choice
    dataset=dict(data_root=data_root, pipeline=test_pipeline),
)
test_dataloader = val_dataloader
val_evaluator = dict(ann_file=data_root + 'valid/' + _base_.ann_file)
test_evaluator = dict(ann_file=data_root + 'test/' + _base_.ann_file)

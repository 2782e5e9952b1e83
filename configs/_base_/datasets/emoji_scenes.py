"""EmojiScenes (docs/emoji_scenes.md): 192 px images of 40 categories."""

_base_ = './emoji_sets.py'

train_pipeline = [
    *_base_.flipped_boxes,
    dict(
        _base_.prompt,
        num_categories=40,  # all of them fit into one prompt
        full_sampling_prob=0.75,  # our choice (0.5 in GLIP): short lists work too
    ),
    _base_.pack,
]
test_pipeline = _base_.box_test_pipeline

train_dataloader = dict(
    batch_sampler=dict(type='AspectRatioBatchSampler'),
    dataset=dict(_base_.emoji_train.boxes, pipeline=train_pipeline),
)
val_dataloader = dict(dataset=dict(_base_.emoji_val.boxes, pipeline=test_pipeline))
test_dataloader = val_dataloader

val_evaluator = _base_.box_metric
test_evaluator = val_evaluator

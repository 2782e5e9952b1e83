"""EmojiScenes' captions (docs/emoji_scenes.md)."""

_base_ = './emoji_sets.py'

train_dataloader = dict(
    dataset=dict(_base_.emoji_train.captions, pipeline=_base_.text_pipeline)
)
val_dataloader = dict(
    dataset=dict(_base_.emoji_val.captions, pipeline=_base_.text_pipeline)
)
test_dataloader = val_dataloader

val_evaluator = dict(type='CaptionMetric')
test_evaluator = val_evaluator

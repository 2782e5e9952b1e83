"""EmojiScenes' questions (docs/emoji_scenes.md)."""

_base_ = './emoji_sets.py'

train_dataloader = dict(
    dataset=dict(_base_.emoji_train.questions, pipeline=_base_.text_pipeline)
)
val_dataloader = dict(
    dataset=dict(_base_.emoji_val.questions, pipeline=_base_.text_pipeline)
)
test_dataloader = val_dataloader

val_evaluator = dict(type='VQAMetric')
test_evaluator = val_evaluator

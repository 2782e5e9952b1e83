"""EmojiScenes' questions (docs/emoji_scenes.md)."""

_base_ = './emoji_language.py'

train_dataloader = dict(
    dataset=dict(
        type='VQADataset',
        question_file='annotations/vqa_train_questions.json',
        ann_file='annotations/vqa_train_annotations.json',
    )
)
val_dataloader = dict(
    dataset=dict(
        type='VQADataset',
        question_file='annotations/vqa_val_questions.json',
        ann_file='annotations/vqa_val_annotations.json',
    )
)
test_dataloader = val_dataloader

val_evaluator = dict(type='VQAMetric')
test_evaluator = val_evaluator

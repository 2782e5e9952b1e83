"""EmojiScenes' captions (docs/emoji_scenes.md)."""

_base_ = './emoji_language.py'

train_dataloader = dict(
    dataset=dict(type='CocoKarpathyDataset', ann_file='annotations/captions_train.json')
)
val_dataloader = dict(
    dataset=dict(type='CocoKarpathyDataset', ann_file='annotations/captions_val.json')
)
test_dataloader = val_dataloader

val_evaluator = dict(type='CaptionMetric')
test_evaluator = val_evaluator

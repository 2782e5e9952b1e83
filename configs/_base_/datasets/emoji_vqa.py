"""EmojiScenes' questions (docs/emoji_scenes.md): 192 px pictures."""

# No flip: questions say left and right.
pipeline = [
    dict(type='LoadImage'),
    dict(type='Resize', scale=(192, 192), keep_ratio=True),  # the generator's default
    dict(type='PackTextDetInputs'),
]

train_dataloader = dict(
    batch_size=8,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='VQADataset',
        data_root='data/emoji_scenes/',
        question_file='annotations/vqa_train_questions.json',
        ann_file='annotations/vqa_train_annotations.json',
        data_prefix=dict(img='train/'),
        pipeline=pipeline,
    ),
)
val_dataloader = dict(
    batch_size=8,
    num_workers=1,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='VQADataset',
        data_root='data/emoji_scenes/',
        question_file='annotations/vqa_val_questions.json',
        ann_file='annotations/vqa_val_annotations.json',
        data_prefix=dict(img='val/'),
        test_mode=True,
        pipeline=pipeline,
    ),
)
test_dataloader = val_dataloader

val_evaluator = dict(type='VQAMetric')
test_evaluator = val_evaluator

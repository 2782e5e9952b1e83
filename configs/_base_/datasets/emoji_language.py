"""What EmojiScenes' questions and captions share: 192 px images and the loaders."""

# No flip: questions and captions say left and right.
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
        data_root='data/emoji_scenes/',
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
        data_root='data/emoji_scenes/',
        data_prefix=dict(img='val/'),
        test_mode=True,
        pipeline=pipeline,
    ),
)
test_dataloader = val_dataloader

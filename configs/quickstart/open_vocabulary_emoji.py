"""Open vocabulary: all emoji but 40 held-out ones, names sampled for every image.

    python tools/dataset_converters/make_emoji_scenes.py data/emoji_scenes_open \
        --categories all --size 160 --train 24000 --objects 4 9 --object-size 24 72 \
        --styles noto fluent --new-style twemoji --formats coco
    nohup python tools/train.py configs/quickstart/open_vocabulary_emoji.py --amp \
        --resume &
    python tools/analysis_tools/open_vocabulary_results.py work_dirs/open_vocabulary_emoji

Grounding and GLIPv2's inter-image loss, on two artists' drawings of each name, so that a
name is more than one drawing. Runs for about 85 minutes on two CPU cores that have
bfloat16 (--amp), and may be killed and resumed at any time. All numbers are our choice.
"""  # noqa: E501

_base_ = './glipv2_lite0_minilm_emoji.py'

data_root = 'data/emoji_scenes_open/'
image_size = (160, 160)
max_epochs = 3  # 4,500 steps of 16 images
steps_per_epoch = 1500  # 24,000 images / 16
warmup_steps = 100

model = dict(
    # Each region against the words of all 16 images' prompts.
    contrastive_loss=dict(
        type='InterImageContrastiveLoss',
        visual_dim=_base_.channels,
        text_dim=_base_.text_dim,
        hidden_dim=128,  # 64 in GLIP's unused code, the only published number
    ),
)

resize = dict(_base_.resize, scale=image_size)
train_pipeline = [
    *(_base_.load_image, _base_.load_boxes, resize, _base_.flip),
    dict(
        _base_.prompt,
        max_tokens=128,  # half of the paper's: the step's cost grows with it
        num_categories=40,  # 85 in GLIP; as many as val's prompt holds
        full_sampling_prob=0.5,  # as in GLIP
    ),
    _base_.pack,
]
test_pipeline = [_base_.load_image, resize, _base_.load_boxes, _base_.pack]

train_dataloader = dict(
    batch_size=16,
    dataset=dict(data_root=data_root, pipeline=train_pipeline),
)
val_dataloader = dict(dataset=dict(data_root=data_root, pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(ann_file=data_root + 'annotations/instances_val.json')
test_evaluator = val_evaluator

train_cfg = dict(max_epochs=max_epochs, val_interval=1)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = [
    dict(_base_.emoji_warmup, end=warmup_steps),
    dict(_base_.cosine, begin=warmup_steps, end=max_epochs * steps_per_epoch),
]

auto_scale_lr = dict(base_batch_size=16)

"""One set of weights for boxes, phrases, masks, questions and captions of EmojiScenes.

    make quickstart
    python tools/demo/quickstart_multitask.py

Starts from the quickstart's detector. All numbers are our choice for 25 minutes on two
CPU cores.
"""

_base_ = [
    '../_base_/models/glipv2_lite0_minilm_vl.py',
    '../_base_/datasets/emoji_scenes.py',
    '../_base_/schedules/quickstart_steps.py',
]

max_iters = 840
warmup_steps = 50
load_from = 'work_dirs/quickstart/quickstart.pth'

model = dict(
    vqa_head=dict(
        # One block's words have read O0 alone: let them read O, where the box head
        # finds them and what answers name (our choice).
        reader=dict(
            type='GroundedReader',
            in_channels=128,
            text_dim=384,
            num_layers=1,
            num_heads=12,
            dropout=0.0,
        ),
    ),
)

detection_pipeline = [
    *(_base_.load_image, _base_.load_masks, _base_.resize, _base_.flip),
    dict(
        _base_.prompt,
        num_categories=40,  # a test's prompt holds all of them
        full_sampling_prob=0.5,  # as in GLIP
    ),
    _base_.pack,
]
# Not flipped: phrases say left and right. They have no masks; their boxes stay.
phrase_pipeline = [
    *(_base_.load_image, _base_.load_masks, _base_.resize),
    dict(type='HideAnswer', tokenizer=_base_.prompt.tokenizer),
    _base_.prompt,
    _base_.pack,
]

train_dataloader = dict(
    _base_.mixed_dataloader,
    _delete_=True,
    batch_size=24,
    dataset=dict(
        type='MixedDataset',
        # A question or a caption costs a third of a class list, and both tasks are
        # new to the detector that is started from.
        weights=[4, 1, 2, 12, 5],
        datasets=[
            dict(_base_.emoji_train.boxes, pipeline=detection_pipeline),
            dict(_base_.emoji_train.phrases, pipeline=phrase_pipeline),
            dict(_base_.emoji_train.hidden_answers, pipeline=phrase_pipeline),
            dict(_base_.emoji_train.questions, pipeline=_base_.text_pipeline),
            dict(_base_.emoji_train.captions, pipeline=_base_.text_pipeline),
        ],
    ),
)

test_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='AvailableDatasets',
        datasets=[
            dict(_base_.emoji_val.boxes, pipeline=_base_.box_test_pipeline),
            dict(
                _base_.emoji_val.phrases,
                pipeline=[*_base_.box_test_pipeline[:-1], _base_.pack_phrases],
            ),
            dict(_base_.emoji_val.questions, pipeline=_base_.text_pipeline),
            dict(_base_.emoji_val.captions, pipeline=_base_.text_pipeline),
            dict(_base_.emoji_val.new_questions, pipeline=_base_.text_pipeline),
        ],
    ),
)
test_evaluator = dict(
    _delete_=True,
    type='DatasetMeansEvaluator',
    dataset_prefixes=['boxes', 'phrases', 'questions', 'captions', 'new_questions'],
    metrics=[
        dict(_base_.box_metric, metric=['bbox', 'segm']),
        dict(type='Flickr30kMetric'),
        dict(type='VQAMetric'),
        dict(type='CaptionMetric'),
        dict(type='VQAMetric'),
    ],
)

train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
optim_wrapper = dict(
    optimizer=dict(lr=5e-4),
    paramwise_cfg=dict(
        custom_keys={  # the new heads start at random
            'mask_head': dict(lr_mult=2.0),
            'vqa_head': dict(lr_mult=2.0),
            'caption_head': dict(lr_mult=2.0),
        },
    ),
)
param_scheduler = [
    dict(_base_.emoji_warmup, end=warmup_steps),
    dict(_base_.cosine, begin=warmup_steps, end=max_iters),
]

default_hooks = dict(checkpoint=dict(interval=210))
custom_hooks = [
    dict(type='CheckpointGuard', allow_partial=True),  # the detector lacks the heads
    dict(type='SeedEachStep'),
]
auto_scale_lr = dict(base_batch_size=24)

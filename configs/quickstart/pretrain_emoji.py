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
    '../_base_/schedules/quickstart_steps.py',
]

image_size = (128, 128)
max_iters = 400
warmup_steps = 40

model = dict(
    contrastive_loss=dict(
        type='InterImageContrastiveLoss', visual_dim=128, text_dim=384, hidden_dim=128
    ),
    mlm_head=dict(type='MLMHead', text_dim=384, vocab_size=30522),
)

resize = dict(_base_.resize, scale=image_size)
detection_pipeline = [
    *(_base_.load_image, _base_.load_boxes, resize, _base_.flip),
    dict(
        _base_.prompt,
        num_categories=20,  # 85 in GLIP; as many words as the captions have
        # 0.5 in GLIP; short lists teach few differences in so few steps.
        full_sampling_prob=1.0,
    ),
    _base_.pack,
]
# Not flipped: the captions say left and right.
caption_pipeline = [
    *(_base_.load_image, _base_.load_boxes, resize),
    dict(_base_.prompt, type='PackCaptions', none_prob=0.4, full_prob=0.3),  # as GLIP
    _base_.prompt,
    _base_.pack,
]

train_dataloader = dict(
    _base_.mixed_dataloader,
    _delete_=True,
    dataset=dict(
        type='MixedDataset',
        weights=[3, 1],  # class lists teach what a thing is not
        datasets=[
            dict(_base_.emoji_train.class_lists, pipeline=detection_pipeline),
            dict(
                _base_.emoji_train.phrases,
                num_negative_captions=4,  # 19 in GLIP; lists of 20 names are as long
                pipeline=caption_pipeline,
            ),
        ],
    ),
)

test_pipeline = [
    *(_base_.load_image, resize, _base_.load_boxes),
    _base_.pack_phrases,
]
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader

# What ablate_losses.py measures besides: boxes of the phrases of captions.
phrase_dataset = dict(_base_.emoji_val.phrases, pipeline=test_pipeline)
phrase_evaluator = dict(type='Flickr30kMetric')

train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
param_scheduler = [
    dict(_base_.emoji_warmup, end=warmup_steps),
    dict(_base_.cosine, begin=warmup_steps, end=max_iters),
]

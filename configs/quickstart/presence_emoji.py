"""Whether a name is there, learnt alone on top of the frozen model of all tasks.

    make quickstart
    python tools/demo/quickstart_multitask.py
    python tools/train.py configs/quickstart/presence_emoji.py

What the other heads find stays as it is; the scores of boxes are multiplied by the
probability that their name is in the image at all (docs/absence.md). All numbers are our
choice for 10 minutes on one CPU core.
"""

_base_ = './multitask_emoji.py'

max_iters = 400
load_from = 'work_dirs/multitask_emoji/iter_840.pth'

model = dict(
    presence_head=dict(type='PresenceHead', text_dim=384),
    train_only=('presence_head',),
)

name_pipeline = [
    *_base_.flipped_boxes,
    dict(_base_.prompt, num_categories=40, full_sampling_prob=0.5),  # as in GLIP
    _base_.pack,
]
# Not flipped: phrases say left and right. Phrases of other images are not there.
sentence_pipeline = [
    *(_base_.load_image, _base_.load_boxes, _base_.resize),
    dict(_base_.prompt, type='PackCaptions', none_prob=0.3, full_prob=0.3),
    _base_.prompt,
    _base_.pack,
]
train_dataloader = dict(
    batch_size=16,
    dataset=dict(
        weights=[3, 1],
        datasets=[
            dict(_base_.emoji_train.boxes, pipeline=name_pipeline),
            dict(
                _base_.emoji_train.phrases,
                num_negative_captions=3,
                pipeline=sentence_pipeline,
            ),
        ],
    ),
)
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
param_scheduler = [
    dict(_base_.emoji_warmup, end=50),
    dict(_base_.cosine, begin=50, end=max_iters),
]
optim_wrapper = dict(
    optimizer=dict(lr=1e-3),
)
auto_scale_lr = dict(base_batch_size=16)

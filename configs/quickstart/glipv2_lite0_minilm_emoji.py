"""The quickstart: 40 emoji by name, learnt in about 12 minutes on two CPU cores.

`make quickstart` runs it. All numbers are our choice for this time; see README.md for
what it reaches.
"""

_base_ = [
    '../_base_/models/glipv2_lite0_minilm.py',
    '../_base_/datasets/emoji_scenes.py',
    '../_base_/schedules/quickstart.py',
]

# 1,200 steps of 8 images = 3 epochs of the 3,200 images.
max_epochs = 3
steps_per_epoch = 400
warmup_steps = 50

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=max_epochs, val_interval=3)

param_scheduler = [
    dict(_base_.emoji_warmup, end=warmup_steps),
    dict(_base_.cosine, begin=warmup_steps, end=max_epochs * steps_per_epoch),
]

default_hooks = dict(
    checkpoint=dict(interval=1, max_keep_ckpts=2),
)

"""The answers of EmojiScenes alone, on top of the frozen model of all tasks.

    make quickstart
    python tools/demo/quickstart_multitask.py
    python tools/train.py configs/quickstart/questions_emoji.py

Boxes, masks, phrases and captions stay as they are. All numbers are our choice for 20
minutes on one CPU core.
"""

_base_ = './multitask_emoji.py'

load_from = 'work_dirs/multitask_emoji/iter_840.pth'

model = dict(train_only=('vqa_head',))

train_dataloader = dict(
    batch_size=16,
    sampler=dict(type='InfiniteSampler'),
    dataset=dict(
        _base_.emoji_train.questions, _delete_=True, pipeline=_base_.text_pipeline
    ),
)
auto_scale_lr = dict(base_batch_size=16)

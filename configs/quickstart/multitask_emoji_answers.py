"""Second stage of multitask_emoji.py: the head of questions alone, all else frozen.

    python tools/demo/quickstart_multitask.py

A step over questions alone is cheap, and features that hold still are learnt from
sooner. All numbers are our choice for 6 minutes on two CPU cores.
"""

_base_ = './multitask_emoji.py'

max_iters = 600
warmup_steps = 30
# What the first stage learnt, without its head of questions; the driver writes it.
load_from = 'work_dirs/multitask_emoji/without_answers.pth'

model = dict(
    train_only=('vqa_head',),
    vqa_head=dict(
        # One block's words have read O0 alone: let them read O, where the box head
        # finds them (our choice).
        reader=dict(
            type='GroundedReader',
            in_channels=128,
            text_dim=384,
            num_layers=2,
            num_heads=12,
            dropout=0.0,
        ),
    ),
)

train_dataloader = dict(
    dataset=dict(
        weights=[1],
        datasets=[
            dict(
                type='VQADataset',
                data_root=_base_.data_root,
                question_file='annotations/vqa_train_questions.json',
                ann_file='annotations/vqa_train_annotations.json',
                data_prefix=dict(img='train/'),
                pipeline=_base_.text_pipeline,
            ),
        ],
    ),
)
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
optim_wrapper = dict(
    optimizer=dict(lr=1e-3),
    paramwise_cfg=dict(custom_keys={'vqa_head': dict(lr_mult=1.0)}),
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

"""Prompt tuning: 0.05, weight decay 0.25 (GLIP appendix, language_prompt_v2)."""

_base_ = './transfer.py'

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=0.05, weight_decay=0.25),
    clip_grad=dict(max_norm=1.0),  # as in GLIP's pre-training
)
custom_hooks = [
    dict(type='CheckpointGuard', allow_partial=True),  # the base has no offsets
    dict(
        type='EarlyStoppingHook',
        monitor={{_base_.monitor}},
        rule='greater',
        patience=8,
        min_delta=0.0,
    ),
    dict(type='WritePromptFile', name='prompt', monitor={{_base_.monitor}}),
]

"""Prompt tuning: 0.05, weight decay 0.25 (GLIP appendix, language_prompt_v2)."""

_base_ = './transfer.py'

optim_wrapper = dict(optimizer=dict(lr=0.05, weight_decay=0.25))
custom_hooks = [
    dict(type='CheckpointGuard', allow_partial=True),  # the base has no offsets
    _base_.early_stopping,
    dict(type='WritePromptFile', name='prompt', monitor=_base_.monitor),
]

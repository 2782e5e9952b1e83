"""Trainings on EmojiScenes that count steps: sets are mixed without an end.

All numbers are our choice.
"""

_base_ = './quickstart.py'

train_cfg = dict(type='IterBasedTrainLoop')
default_hooks = dict(checkpoint=dict(by_epoch=False, interval=100, max_keep_ckpts=2))
custom_hooks = [dict(type='CheckpointGuard'), dict(type='SeedEachStep')]
log_processor = dict(by_epoch=False)

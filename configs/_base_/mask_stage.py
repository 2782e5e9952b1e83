"""Training of a mask head alone, started from a detector's weights."""

_base_ = ['./schedules/mask_stage.py', './default_runtime.py']

# The detector's weights have no mask head.
custom_hooks = [dict(type='CheckpointGuard', allow_partial=True)]

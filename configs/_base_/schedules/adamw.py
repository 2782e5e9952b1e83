"""What all schedules share: AdamW with clipped gradients, and the loops of tests."""

val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', weight_decay=1e-4),  # GLIP's code
    clip_grad=dict(max_norm=1.0),  # GLIP's code
)
# The first steps of every schedule of GLIP's code.
warmup = dict(type='LinearLR', start_factor=0.001, by_epoch=False, end=2000)

# For --auto-scale-lr: `base_batch_size` is what the learning rate was chosen for.
auto_scale_lr = dict(enable=False)

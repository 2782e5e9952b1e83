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

# GLIP's code: biases learn twice as fast and do not decay. mmengine knows those named
# `bias`; these are the heads' others.
fast_biases = dict(
    bias_lr_mult=2.0,
    bias_decay_mult=0.0,
    custom_keys={
        'bias_lang': dict(lr_mult=2.0, decay_mult=0.0),
        'bias0': dict(lr_mult=2.0, decay_mult=0.0),
        'output_bias': dict(lr_mult=2.0, decay_mult=0.0),
    },
)

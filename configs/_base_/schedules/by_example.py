"""MQ-Det's training of what reads examples: one epoch of Objects365, 16 images a step.

Numbers are those of MQ-Det's mq-glip-t.yaml. Its code gives the gates the rate of the
other new modules, whatever that file says; here they have their own.
"""

_base_ = './pretrain.py'

max_iters = 38000  # 609,000 images / 16

train_cfg = dict(max_iters=max_iters)
optim_wrapper = dict(
    optimizer=dict(lr=1e-5),
    paramwise_cfg=dict(
        _delete_=True,
        custom_keys={
            'attention_gate': dict(lr_mult=500.0),  # 5e-3
            'feedforward_gate': dict(lr_mult=500.0),
        },
    ),
)
param_scheduler = [
    _base_.warmup,
    dict(_base_.drops, end=max_iters, milestones=[36100]),  # 95 %
]
# The detector's weights lack the reader.
custom_hooks = [
    dict(type='CheckpointGuard', allow_partial=True),
    dict(type='SeedEachStep'),
    dict(type='CheckExamples'),
    _base_.averaged_weights,
]
auto_scale_lr = dict(base_batch_size=16)

"""How batches are read: in a new order in each epoch of training, in turn in tests."""

train_dataloader = dict(
    batch_size=2,  # per process; our choice
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
)
test_dataloader = val_dataloader

"""ODinW-13: the thirteen sets of the papers' tables, as in ODinW-35."""

_base_ = './odinw35.py'

odinw_kept = [_base_.odinw_names.index(name) for name in _base_.odinw13]

val_dataloader = dict(
    dataset=dict(
        datasets=[_base_.val_dataloader.dataset.datasets[i] for i in odinw_kept]
    )
)
test_dataloader = val_dataloader

val_evaluator = dict(
    dataset_prefixes=_base_.odinw13,
    metrics=[_base_.val_evaluator.metrics[i] for i in odinw_kept],
)
test_evaluator = val_evaluator

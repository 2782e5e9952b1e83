"""A training run of milliseconds a step, with everything that keeps checkpoints."""

import time
from pathlib import Path
from uuid import uuid4

import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import Tensor, nn
from torch.utils.data import Dataset

from ...checkpoint.loading import load_checkpoint_safely
from ...checkpoint.newest import newest_readable

ROWS = 24


class Numbers(Dataset):
    """Rows of numbers."""

    def __len__(self) -> int:
        return ROWS

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return dict(x=torch.tensor([float(index), 1.0]) / ROWS)


class Line(BaseModel):
    """A few weights, and a dropout that shows whether a step was repeated alike."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__()
        self.seconds = seconds
        self.line = nn.Linear(2, 500)

    def forward(self, x: Tensor, mode: str = 'tensor') -> dict[str, Tensor]:
        time.sleep(self.seconds)
        found = nn.functional.dropout(self.line(x))
        return dict(loss=(found - x.sum()).square().mean())


def build(
    folder: Path,
    steps: int = 12,
    by_epoch: bool = False,
    resume: bool = False,
    seconds: float = 0.0,
    interval: int = 1,
    workers: int = 0,
    persistent: bool = False,
    dataset: Dataset | None = None,
    launcher: str = 'none',
) -> Runner:
    """Build a run.

    Args:
        folder: Its work dir.
        steps: Of training, in steps of 2 rows; an epoch has 12.
        by_epoch: Whether it counts epochs and not steps.
        resume: Whether it goes on from the newest checkpoint.
        seconds: That a step takes at least.
        interval: Steps or epochs between checkpoints.
        workers: Processes that load data.
        persistent: Whether they stay after an epoch.
        dataset: In place of the numbers.
        launcher: mmengine's; with another than none, processes have met already.
    """
    torch.manual_seed(0)
    batch = 2
    loop = dict(by_epoch=by_epoch)
    loop['max_epochs' if by_epoch else 'max_iters'] = (
        steps * batch // ROWS if by_epoch else steps
    )
    return Runner(
        Line(seconds),
        str(folder),
        dict(
            batch_size=batch,
            num_workers=workers,
            persistent_workers=persistent,
            dataset=dataset or Numbers(),
            collate_fn=dict(type='default_collate'),
            sampler=dict(
                type='DefaultSampler' if by_epoch else 'InfiniteSampler', shuffle=True
            ),
        ),
        train_cfg=loop,
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01, momentum=0.9)),
        default_hooks=dict(
            checkpoint=dict(
                type='KeepCheckpoints',
                interval=interval,
                by_epoch=by_epoch,
                max_keep_ckpts=2,
            ),
            safe_checkpoints=dict(type='SafeCheckpoints'),
            stop_on_signal=dict(type='StopOnSignal'),
        ),
        custom_hooks=[dict(type='SeedEachStep')],
        resume=resume,
        randomness=dict(seed=0),
        default_scope='mmdet',
        log_level='WARNING',
        experiment_name=uuid4().hex,
        launcher=launcher,
        cfg=dict(
            model_wrapper_cfg=dict(type='MMDistributedDataParallel', device_ids=None)
        ),
    )


def last_weights(folder: Path) -> dict[str, Tensor]:
    """Read the weights with which a run ended."""
    return load_checkpoint_safely(newest_readable(folder, print))['state_dict']


def are_same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> bool:
    """Compare weights bit by bit."""
    return found.keys() == expected.keys() and all(
        torch.equal(found[key], value) for key, value in expected.items()
    )

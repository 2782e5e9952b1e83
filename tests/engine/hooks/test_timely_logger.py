"""Progress of real trainings, slow and fast, and of a test."""

import json
import re
import time
from pathlib import Path

import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import Dataset

from glipv2.engine import TimelyLogger

ROOT = Path(__file__).parents[3]
STEP = 0.05  # seconds of a step


class Numbers(Dataset):
    """Numbers, so many that no epoch ends."""

    def __len__(self) -> int:
        return 60

    def __getitem__(self, index: int) -> dict:
        return dict(inputs=torch.ones(1), data_samples=index)


class Slow(BaseModel):
    """A weight, and steps that take their time."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, inputs: object, data_samples: object, mode: str) -> object:
        time.sleep(STEP)
        return dict(loss=self.weight.sum()) if mode == 'loss' else [DetDataSample()]


class Count(BaseMetric):
    """Counts the images."""

    def process(self, data_batch: object, data_samples: list) -> None:
        self.results += data_samples

    def compute_metrics(self, results: list) -> dict:
        return dict(images=len(results))


def lines_of(folder: Path, kind: str, by_epoch: bool, **logger: object) -> list[int]:
    """Train, or test, 60 steps with the runtime of the configs; steps of the lines."""
    runtime = Config.fromfile(ROOT / 'configs/_base_/default_runtime.py')
    runtime.default_hooks.logger.update(logger)
    runtime.default_hooks.pop('visualization')
    runtime.log_processor.by_epoch = by_epoch
    loader = dict(
        batch_size=1, num_workers=0, dataset=Numbers(),
        sampler=dict(type='DefaultSampler', shuffle=False),
    )  # fmt: skip
    runner = Runner(
        model=Slow(), work_dir=str(folder), train_dataloader=loader,
        train_cfg=dict(by_epoch=by_epoch, **{
            'max_epochs' if by_epoch else 'max_iters': 1 if by_epoch else 60}),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        test_dataloader=loader, test_cfg={}, test_evaluator=[],
        default_hooks=runtime.default_hooks, log_processor=runtime.log_processor,
        experiment_name=f'{folder.name}{kind}{by_epoch}', default_scope='mmdet',
    )  # fmt: skip
    runner.train() if kind == 'train' else runner.test()
    (log,) = folder.glob('*/*.log')
    return [int(step) for step in re.findall(r'\[ *(\d+)/60\]', log.read_text())]


@pytest.mark.parametrize('by_epoch', [True, False])
def test_slow_steps_are_seen_in_time(tmp_path: Path, by_epoch: bool) -> None:
    steps = lines_of(tmp_path, 'train', by_epoch, seconds=10 * STEP)
    assert 4 <= len(steps) <= 7 and steps[0] <= 10
    assert 50 in steps  # the interval's line stays


def test_fast_steps_are_seen_at_the_interval(tmp_path: Path) -> None:
    assert lines_of(tmp_path, 'train', True) == [50]


def test_a_slow_test_is_seen_in_time(tmp_path: Path) -> None:
    steps = lines_of(tmp_path, 'test', True, seconds=10 * STEP)
    assert 4 <= len(steps) <= 7 and steps[0] <= 10


@pytest.mark.parametrize(
    'loop, by_epoch, step',
    [('EpochBased', None, 1), ('IterBased', None, 4), ('IterBased', True, 0)],
)
def test_scores_have_the_step_of_their_validation(
    tmp_path: Path, loop: str, by_epoch: bool | None, step: int
) -> None:
    loader = dict(
        batch_size=15, num_workers=0, dataset=Numbers(),
        sampler=dict(type='DefaultSampler', shuffle=False),
    )  # fmt: skip
    length = dict(max_epochs=1) if loop == 'EpochBased' else dict(max_iters=4)
    runner = Runner(
        model=Slow(), work_dir=str(tmp_path), train_dataloader=loader,
        train_cfg=dict(type=f'{loop}TrainLoop', **length),
        val_dataloader=loader, val_cfg={}, val_evaluator=Evaluator([Count()]),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        default_hooks=dict(logger=dict(
            type='TimelyLogger', log_metric_by_epoch=by_epoch, interval=9)),
        experiment_name=f'{tmp_path.name}{loop}', default_scope='mmdet',
    )  # fmt: skip
    if loop == 'IterBased':
        runner.train_loop.val_interval = 4
    runner.train()
    (file,) = tmp_path.glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line['step'] for line in lines if 'images' in line] == [step]


@pytest.mark.parametrize('seconds', [0, -1.0, float('nan')])
def test_no_time_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match='seconds must be positive'):
        TimelyLogger(seconds=seconds)

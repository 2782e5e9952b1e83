"""Processes that wait for a cluster's signal end, whatever is left of their loaders."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from torch.utils.data import DataLoader

from glipv2.benchmarks.faults.child import code_of, start
from glipv2.engine.hooks.stop_on_signal import stop_requests

kept = []  # as a runner that is part of a cycle keeps them: no destructor runs


def leave_workers(end: Callable[[], object]) -> None:
    with stop_requests():
        for persistent in (False, True):
            loader = DataLoader(
                range(100), num_workers=2, persistent_workers=persistent
            )
            batches = iter(loader)
            next(batches)
            kept.append(batches)
        end()


def fail() -> None:
    raise ValueError('a wrong batch')


def stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    raise SystemExit(143)


@pytest.mark.parametrize(('end', 'code'), [(fail, 1), (stop, 143)])
def test_a_process_ends_though_workers_are_left(
    end: Callable[[], object], code: int, tmp_path: Path
) -> None:
    log = tmp_path / 'log.txt'
    assert code_of(start(lambda: leave_workers(end), log)) == code
    assert 'DataLoader worker' not in log.read_text()


# A destructor that runs when Ctrl-C is pressed, as a loader's may.
DROPPED = """
import os, signal, time
from glipv2.engine.hooks.stop_on_signal import StopOnSignal, stop_requests

class Interrupted:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)

with stop_requests():
    Interrupted()
    print('after the destructor')
    try:
        StopOnSignal().after_train_iter(None, 0)
    except KeyboardInterrupt:
        print('stopped')
"""


def test_ctrl_c_that_python_drops_stops_after_the_step() -> None:
    # A process of its own: the signal may come to a test's process at any time.
    done = subprocess.run(
        [sys.executable, '-c', DROPPED], capture_output=True, text=True, check=True
    )
    assert done.stdout.split('\n')[:2] == ['after the destructor', 'stopped']
    assert 'KeyboardInterrupt' in done.stderr  # which Python reports, and ignores


TRAINS = """
import sys, time
import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import Dataset
from glipv2.engine.hooks.stop_on_signal import stop_requests_of

class Numbers(Dataset):
    def __len__(self):
        return 10_000
    def __getitem__(self, index):
        return dict(inputs=torch.ones(1))

class Slow(BaseModel):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))
    def forward(self, inputs, mode):
        print('a step', flush=True)
        time.sleep(0.05)
        return dict(loss=self.weight.sum())

hooks = dict(stop=dict(type='StopOnSignal')) if sys.argv[2] == 'answers' else {}
runner = Runner(
    model=Slow(), work_dir=sys.argv[1],
    train_cfg=dict(by_epoch=False, max_iters=10_000),
    train_dataloader=dict(batch_size=1, num_workers=1, dataset=Numbers(),
        sampler=dict(type='DefaultSampler', shuffle=False)),
    optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)), default_scope='mmdet',
    default_hooks=dict(
        checkpoint=dict(type='KeepCheckpoints', by_epoch=False), **hooks),
)
with stop_requests_of(runner):
    runner.train()
"""


@pytest.mark.parametrize(
    ('hook', 'code'), [('answers', 143), ('as mmdet has it', -signal.SIGTERM)]
)
def test_a_signal_ends_a_run_whatever_hooks_it_has(
    hook: str, code: int, tmp_path: Path
) -> None:
    command = [sys.executable, '-c', TRAINS, str(tmp_path), hook]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        while 'a step' not in run.stdout.readline():
            assert run.poll() is None
        run.send_signal(signal.SIGTERM)
        for _ in run.stdout:
            pass
        assert run.wait(60) == code
    assert any(tmp_path.glob('*.pth')) is (hook == 'answers')

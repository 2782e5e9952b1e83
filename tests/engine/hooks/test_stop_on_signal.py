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

"""A few moments of a kill or a signal; the campaign tries many."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from glipv2.benchmarks.faults import campaign, kills
from glipv2.benchmarks.faults.child import UNFLUSHED, code_of, start

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize('by_epoch', [False, True])
def test_a_killed_training_ends_with_the_same_weights(
    by_epoch: bool, tmp_path: Path
) -> None:
    assert kills.training(2, 0, tmp_path, by_epoch).lost == []


@pytest.mark.parametrize('by_epoch', [False, True])
def test_a_training_that_is_asked_to_stop_saves_and_goes_on(
    by_epoch: bool, tmp_path: Path
) -> None:
    assert kills.stopped_training(2, 0, tmp_path, by_epoch).lost == []


# The grid starts processes that import everything: the campaign and the tests of
# tools kill it.
@pytest.mark.parametrize('fault', [*campaign.WRITERS[:-1], *campaign.LABELS])
def test_a_file_is_whole_or_not_there(fault: Callable, tmp_path: Path) -> None:
    assert fault(2, 0, tmp_path).lost == []


def test_a_child_whose_output_cannot_be_written_ends(tmp_path: Path) -> None:
    """It would go on as the test process does."""

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        print('more than ten bytes')

    assert code_of(start(work, tmp_path / 'log.txt')) == UNFLUSHED
    assert tmp_path.is_dir()


FORK_AFTER_THREADS = """
import torch
from glipv2.benchmarks.faults.child import code_of, start

work = torch.ones(4_000_000).add_  # large enough for OpenMP's threads
work(1)
raise SystemExit(code_of(start(lambda: work(1)), 30))
"""


def test_a_child_of_a_process_with_threads_ends() -> None:
    environment = os.environ | dict(OMP_NUM_THREADS='2', MKL_NUM_THREADS='2')
    command = [sys.executable, '-c', FORK_AFTER_THREADS]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr

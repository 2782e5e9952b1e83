"""Runs side by side: in order, each in its own process, an error ends all."""

import os
import time
from functools import partial

import pytest

from glipv2.benchmarks.jobs import run_jobs


def _note(number: int) -> tuple[int, int, str]:
    time.sleep(0.2 * (1 - number))  # the first ends last
    return number, os.getpid(), os.environ['OMP_NUM_THREADS']


def _fail() -> None:
    raise RuntimeError('this one fails')


def test_results_keep_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('OMP_NUM_THREADS', '7')
    jobs = {f'job {k}': partial(_note, k) for k in range(2)}
    found = run_jobs(jobs, 2, 4)
    assert [(name, x[0]) for name, x in found.items()] == [('job 0', 0), ('job 1', 1)]
    processes = {x[1] for x in found.values()}
    assert len(processes) == 2 and os.getpid() not in processes
    assert {x[2] for x in found.values()} == {'2'}


def test_an_error_comes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('OMP_NUM_THREADS', '1')
    with pytest.raises(RuntimeError, match='this one fails'):
        run_jobs({'a': _fail}, 1, 1)

"""One fault of each kind in a training; the campaign tries many."""

from collections.abc import Callable
from pathlib import Path

import pytest

from glipv2.benchmarks.faults import campaign, endings


@pytest.mark.timeout(300)
@pytest.mark.parametrize('fault', campaign.MACHINES)
def test_a_fault_ends_a_run_and_loses_nothing(fault: Callable, tmp_path: Path) -> None:
    outcome = fault(1, 0, tmp_path)
    assert (outcome.tried, outcome.lost) == (1, [])


@pytest.mark.timeout(300)
@pytest.mark.parametrize('way', endings.WAYS)
def test_a_run_ends_though_workers_are_alive(way: str, tmp_path: Path) -> None:
    assert endings.ending(way, 0.2, True, tmp_path) is None

"""A few moments of a kill or a signal; the campaign tries many."""

from pathlib import Path

import pytest

from glipv2.benchmarks.faults import kills

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


def test_results_of_lines_are_not_lost(tmp_path: Path) -> None:
    assert kills.journal(3, 0, tmp_path).lost == []


def test_a_converted_file_is_old_or_new(tmp_path: Path) -> None:
    assert kills.conversion(3, 0, tmp_path).lost == []

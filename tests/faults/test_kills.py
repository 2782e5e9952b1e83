"""A few moments of a kill or a signal; the campaign tries many."""

from collections.abc import Callable
from pathlib import Path

import pytest

from glipv2.benchmarks.faults import campaign, kills

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

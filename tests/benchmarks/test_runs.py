"""A run's figures are kept; figures over seeds."""

from pathlib import Path

import pytest

from glipv2.benchmarks.runs import mean_and_spread, measured_once


def test_a_run_is_measured_once(tmp_path: Path) -> None:
    asked = []

    def measure() -> dict[str, float]:
        asked.append(1)
        (tmp_path / 'run').mkdir()
        return {'AP': 0.1 + 0.2}

    for _ in range(2):
        assert measured_once(tmp_path / 'run', measure) == {'AP': 0.1 + 0.2}
    assert len(asked) == 1


def test_a_run_that_fails_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        measured_once(tmp_path, lambda: {'AP': 1 / 0})
    assert measured_once(tmp_path, lambda: {'AP': 1.0}) == {'AP': 1.0}


def test_spread_is_of_a_sample() -> None:
    assert mean_and_spread([0.1, 0.2, 0.3]) == '0.200 ± 0.100'
    assert mean_and_spread([0.25]) == '0.250 ± 0.000'

"""What is timed in new processes does what its row says."""

from pathlib import Path

import pytest

from glipv2.benchmarks import start_up


# mmdet's takes longest, and runs nothing of ours.
@pytest.mark.parametrize('name', [x for x in start_up.PROGRAMS if 'mmdet' not in x])
def test_a_program_runs_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    start_up._run(start_up.PROGRAMS[name], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [start_up.COMPILED]

"""What is timed in new processes does what its row says."""

from pathlib import Path

import pytest

from glipv2.benchmarks import start_up


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all run, so that modules are compiled once."""
    return tmp_path_factory.mktemp('started')


# mmdet's takes longest, and runs nothing of ours.
@pytest.mark.parametrize('name', [x for x in start_up.PROGRAMS if 'mmdet' not in x])
def test_a_program_runs_and_leaves_nothing(name: str, folder: Path) -> None:
    start_up._run(start_up.PROGRAMS[name], folder)
    assert [path.name for path in folder.iterdir()] == [start_up.COMPILED]

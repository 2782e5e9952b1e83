"""What is timed in new processes does what its row says."""

from pathlib import Path

import pytest

from glipv2.benchmarks import start_up


@pytest.mark.parametrize('name', start_up.PROGRAMS)
def test_a_program_runs(name: str, tmp_path: Path) -> None:
    start_up._run(start_up.PROGRAMS[name], tmp_path)
    written = {path.name for path in tmp_path.iterdir()} - {start_up.COMPILED}
    assert bool(written) == ('detect' in name)  # which writes its image

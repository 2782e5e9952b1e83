"""Processes that wait for a cluster's signal end, whatever is left of their loaders."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
from torch.utils.data import DataLoader
from glipv2.engine.hooks.stop_on_signal import stop_requests

kept = []  # as a runner that is part of a cycle keeps them: no destructor runs


def main():
    with stop_requests():
        for persistent in (False, True):
            batches = iter(DataLoader(
                range(100), num_workers=2, persistent_workers=persistent
            ))
            next(batches)
            kept.append(batches)
        {end}


main()
"""


@pytest.mark.parametrize(
    ('end', 'code'),
    [
        ('pass', 0),
        ('raise ValueError("a wrong batch")', 1),
        ('raise SystemExit(143)', 143),
        ('import os, signal; os.kill(os.getpid(), signal.SIGTERM)', 0),
    ],
)
def test_a_process_ends_though_workers_are_left(
    end: str, code: int, tmp_path: Path
) -> None:
    program = tmp_path / 'run.py'
    program.write_text(PROGRAM.format(end=end))
    ended = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == code, ended.stderr
    assert 'DataLoader worker' not in ended.stderr

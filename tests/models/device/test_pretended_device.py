"""Losses, gradients and predictions of every head on a device that is not the CPU."""

import subprocess
import sys
from pathlib import Path

import pytest
from torch.utils import backend_registration

CASES = Path(__file__).with_name('pretended_device_cases.py')


@pytest.mark.skipif(
    not hasattr(backend_registration, '_setup_privateuseone_for_python_backend'),
    reason='this torch cannot register a device in Python (2.9 or later can)',
)
def test_all_heads_on_a_pretended_device() -> None:
    """In a process of its own, because a device cannot be unregistered."""
    options = ('-q', '--tb=short', '--show-capture=no', '-p', 'no:cacheprovider')
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-m', 'pytest', *options, CASES],
        cwd=CASES.parents[3], capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-2_000:]

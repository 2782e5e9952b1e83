"""Seconds of cold processes: imports, commands, a first prediction."""

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from ..shipped import ASSETS
from .measure import time_in_turns

IMAGE = ASSETS / 'examples' / 'photo.jpg'
COMPILED = 'compiled'  # modules, in the folder of the processes
TEXT = 'red apple . dog face . rocket'
PREDICTION = f"""
from glipv2.apis import GLIPv2Inferencer
GLIPv2Inferencer('emoji', show_progress=False)({str(IMAGE)!r}, texts={TEXT!r})
"""
# What a new process does, by the name of its row.
PROGRAMS = {
    '`import torch`': ('-c', 'import torch'),
    '`from mmdet.apis import DetInferencer`': (
        '-c', 'from mmdet.apis import DetInferencer',
    ),
    '`import glipv2`': ('-c', 'import glipv2'),
    '`from glipv2.apis import GLIPv2Inferencer`': (
        '-c', 'from glipv2.apis import GLIPv2Inferencer',
    ),
    'a first prediction of `emoji`, from Python': ('-c', PREDICTION),
    '`glipv2 detect`, one image': (
        '-m', 'glipv2_cli', 'detect', str(IMAGE), '-t', TEXT, '-m', 'emoji',
    ),
    '`glipv2 --help`, which imports none of them': ('-m', 'glipv2_cli', '--help'),
}  # fmt: skip


def measure_starts(repeats: int) -> list[dict[str, object]]:
    """Time new processes in turns.

    Args:
        repeats: Timed processes of each program.

    Returns:
        Rows of a table.
    """
    with tempfile.TemporaryDirectory() as folder:
        runs = [partial(_run, each, Path(folder)) for each in PROGRAMS.values()]
        seconds = time_in_turns(runs, repeats)
    return [
        {'a new process': name, 'seconds': round(each, 2)}
        for name, each in zip(PROGRAMS, seconds)
    ]


def _run(arguments: tuple[str, ...], folder: Path) -> None:
    """Run a program; like everybody's second time, it finds its modules compiled."""
    environment = os.environ | dict(PYTHONPYCACHEPREFIX=str(folder / COMPILED))
    environment.pop('PYTHONDONTWRITEBYTECODE', None)
    subprocess.run(
        [sys.executable, *arguments], cwd=folder, check=True, capture_output=True,
        env=environment,
    )  # fmt: skip

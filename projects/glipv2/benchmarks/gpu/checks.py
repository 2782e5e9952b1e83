"""All parts of the check, one after the other, and their report."""

import importlib
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from .isolated import Check, run_alone
from .report import describe_software, markdown, write_json
from .settings import CannotRunError, Findings, Settings

PARTS = {
    'equality': 'CPU and GPU: every model and head in float32',
    'deformable': "Deformable convolution: mmcv's operator and the gather",
    'amp_curves': 'Training of the quickstart in half precision',
    'against_peers': "Time and memory against mmdet's GLIP and Grounding DINO",
    'exported': 'Exported files on the GPU',
    'waits': 'Waits for the GPU in a training step',
}
NO_GPU = 2  # exit code


class NoGPUError(Exception):
    """Why nothing can be checked, as a sentence."""


def run_checks(parts: Sequence[str], settings: Settings, out: Path) -> bool:
    """Run parts, print their tables and write the report.

    Args:
        parts: Of ``PARTS``.
        settings: What to run on.
        out: JSON file of the report.

    Returns:
        Whether nothing was found wrong.

    Raises:
        NoGPUError: If the device cannot be used.
    """
    device = run_alone(device_check, settings)
    if 'could_not' in device:
        raise NoGPUError(
            f'{device["could_not"]}; with a GPU it would check: {", ".join(parts)} '
            '(--device cpu tests the tool itself)'
        )
    report = {
        **describe_software(), 'device': device['rows'][0],
        'settings': dict(quick=settings.quick, data=str(settings.data or 'generated')),
        'parts': {},
    }  # fmt: skip
    print('## ' + ', '.join(f'{k} {v}' for k, v in report['device'].items()), '\n')
    for name in parts:
        start = time.monotonic()
        found = run_alone(partial(find_check, name), settings)
        print(markdown(PARTS[name], found), flush=True)
        if 'traceback' in found:
            print(found.pop('traceback'), file=sys.stderr)
        report['parts'][name] = {**found, 'seconds': round(time.monotonic() - start, 1)}
        write_json(out, report)
    print(f'{out} has all figures')
    return all(part.get('passed') is not False for part in report['parts'].values())


def find_check(name: str) -> Check:
    """Import a part; only then are the packages that it needs."""
    return importlib.import_module(f'{__package__}.{name}').check


def device_check() -> Check:
    """Return the check that names the device."""
    return describe_device


def describe_device(settings: Settings) -> Findings:
    """Describe the device; in a child process, which may start to use the GPU."""
    if settings.self_test:
        return Findings([dict(device='CPU', threads=torch.get_num_threads())])
    if not torch.cuda.is_available():
        raise CannotRunError('torch finds no GPU here')
    found = torch.cuda.get_device_properties(settings.device)
    return Findings(
        [
            dict(
                device=found.name, gigabytes=round(found.total_memory / 2**30, 1),
                capability=f'{found.major}.{found.minor}',
                cudnn=torch.backends.cudnn.version(),
            )
        ]
    )  # fmt: skip

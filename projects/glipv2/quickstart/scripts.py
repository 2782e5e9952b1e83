"""The repository's scripts, run one after the other."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..shipped import shipped

ROOT = shipped('tools').resolve().parent  # paths in configs begin here
# Options of a training that is measured when it is done.
UNMEASURED = ('val_cfg=None', 'val_dataloader=None', 'val_evaluator=None')


def run_script(script: str, *arguments: object) -> None:
    """Run a script; its output is shown.

    Args:
        script: Path below ``tools``.
        *arguments: Of its command line.

    Raises:
        SystemExit: If the script fails.
    """
    command = [sys.executable, str(ROOT / 'tools' / script), *map(str, arguments)]
    finished = subprocess.run(command, cwd=ROOT)
    if finished.returncode:
        raise SystemExit(f'tools/{script} failed with exit code {finished.returncode}')


def train_script(config: Path, work_dir: Path, *options: str) -> Path:
    """Train, or resume a training that was killed.

    Args:
        config: To train by.
        work_dir: Folder of the run.
        *options: ``--cfg-options``.
    """
    # --resume would make a first start forget the config's load_from.
    resume = ['--resume'] if (work_dir / 'last_checkpoint').is_file() else []
    run_script(
        'train.py', config, '--work-dir', work_dir, *resume, '--cfg-options', *options
    )
    return last_checkpoint(work_dir)


def last_checkpoint(work_dir: Path) -> Path:
    """Find the last checkpoint of a run; mmengine writes its path into a file."""
    return Path((work_dir / 'last_checkpoint').read_text().strip())


def quickstart_weights(folder: Path, options: Sequence[str] = ()) -> Path:
    """Find the quickstart's detector, before anything is made or trained.

    Args:
        folder: Of the quickstart.
        options: ``--cfg-options`` of what starts from it, perhaps with other weights.

    Returns:
        Its weights.

    Raises:
        SystemExit: If they are needed and not there.
    """
    path = folder / 'quickstart.pth'
    starts_elsewhere = any(each.startswith('load_from=') for each in options)
    if not (path.is_file() or starts_elsewhere):
        raise SystemExit(f'there is no {path}: `make quickstart` trains it')
    return path


def write_figures(work_dir: Path, figures: Mapping[str, object]) -> None:
    """Write ``metrics.json`` and print the figures."""
    (work_dir / 'metrics.json').write_text(json.dumps(figures, indent=1) + '\n')
    for key, value in figures.items():
        print(f'{key:32} {value}')

"""The report of a check: what it ran on, JSON, and tables in Markdown."""

import importlib.metadata
import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

PACKAGES = (
    'torch', 'onedl-mmcv', 'mmcv', 'onedl-mmdet', 'mmdet', 'mmengine',
    'onedl-mmengine', 'transformers', 'onnxruntime', 'onnxruntime-gpu',
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[3]


def describe_software() -> dict[str, object]:
    """Name the commit and the versions.

    Returns:
        ``commit`` (None outside a clone), ``changed`` (whether files differ from it)
        and ``versions``.
    """
    versions = {'python': platform.python_version(), 'cuda': torch.version.cuda}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    commit = git('rev-parse', 'HEAD')
    changed = bool(git('status', '--porcelain', '--untracked-files=no'))
    return dict(commit=commit, changed=changed, versions=versions)


def git(*arguments: str) -> str | None:
    """Ask git; None if there is no git or no clone."""
    try:
        done = subprocess.run(
            ['git', *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def markdown(title: str, part: Mapping) -> str:
    """Write a part's section.

    Args:
        title: What it checks.
        part: Its entry of the report.

    Returns:
        A heading, and its table with notes or why it did not run.
    """
    if 'could_not' in part:
        return f'### {title}\n\nNot run: {part["could_not"]}\n'
    verdict = {None: '', True: ': right', False: ': WRONG'}[part['passed']]
    lines = [f'### {title}{verdict}', '', *table(part['rows'])]
    for note in part['notes']:
        lines += ['', note]
    return '\n'.join(lines) + '\n'


def table(rows: Sequence[Mapping[str, object]]) -> list[str]:
    """Write rows as a table.

    Args:
        rows: Figures by column, the same columns in all.
    """
    if not rows:
        return []
    lines = [list(rows[0]), ['---'] * len(rows[0])]
    lines += [[show(value) for value in row.values()] for row in rows]
    return ['| ' + ' | '.join(cells) + ' |' for cells in lines]


def show(value: object) -> str:
    """Write a cell; numbers to three digits."""
    if isinstance(value, bool):
        return 'yes' if value else 'NO'
    return f'{value:.3g}' if isinstance(value, float) else str(value)


def write_json(path: Path, content: object) -> None:
    """Write a JSON file; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + '\n')

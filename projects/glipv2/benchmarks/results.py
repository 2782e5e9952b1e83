"""Measured figures as files, and the tables of the documents that show them.

A document has a table between ``<!-- table: NAME -->`` and ``<!-- /table -->``; its
content is that of ``docs/results/NAME.json``.
"""

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ..quickstart.scripts import ROOT
from ..whole_file import write_whole
from .gpu.report import describe_software, table
from .processor import processor
from .runs import runs_in

PLACE = re.compile(
    r'(<!-- table: (?P<name>[\w-]+) -->\n)(?P<shown>.*?)(<!-- /table -->)', re.DOTALL
)
KEYS = ('command', 'settings', 'processor', 'threads', 'commit', 'versions', 'rows')


def add_results_option(parser: argparse.ArgumentParser, name: str) -> None:
    """Add ``--out`` to a command line, by default ``docs/results/NAME.json``."""
    parser.add_argument(
        '--out',
        type=Path,
        default=ROOT / 'docs' / 'results' / f'{name}.json',
        help='JSON file for the figures (default: %(default)s)',
    )


def write_results(
    file: Path,
    command: str,
    rows: Sequence[Mapping[str, object]],
    settings: Mapping[str, object],
    runs: Mapping[str, Mapping[str, object]] | None = None,
) -> None:
    """Write figures with all that is needed to measure them again.

    Args:
        file: ``NAME.json``.
        command: The command line that measured them.
        rows: Of the table: figures by column, the same columns in all.
        settings: What else the figures depend on: config, steps, sizes, seeds.
        runs: What each run measured, by its name, for ``runs.take_over``. Others of
            the same settings that the file has stay in it; it says what measured those
            that it had before.
    """
    content = dict(
        command=command, settings=dict(settings), processor=processor(),
        threads=torch.get_num_threads(), **describe_software(), rows=list(rows),
    )  # fmt: skip
    if runs is not None:
        before = json.loads(file.read_text()) if file.is_file() else {}
        runs = runs_in(before, settings) | dict(runs)
        content |= dict(runs=runs, earlier=_earlier(before, content, runs))
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, (json.dumps(content, indent=1) + '\n').encode())


def _earlier(
    before: Mapping[str, Any],
    now: Mapping[str, object],
    runs: Mapping[str, Mapping[str, object]],
) -> list[dict]:
    """List what measured the runs that the file has already."""
    kept = [name for name, x in before.get('runs', {}).items() if runs.get(name) == x]
    if not kept:
        return []
    machine = {key: before[key] for key in ('processor', 'commit', 'versions')}
    return [*before['earlier'], *([] if machine.items() <= now.items() else [machine])]


def fill_tables(text: str, folder: Path) -> str:
    """Put the figures of files into the tables of a document.

    Args:
        text: The document.
        folder: Of the files.

    Returns:
        The document with its tables filled.

    Raises:
        ValueError: If a table names a file that is not there or lacks a key.
    """

    def filled(place: re.Match) -> str:
        file = folder / f'{place["name"]}.json'
        if not file.is_file():
            raise ValueError(f'a table shows {place["name"]}, but there is no {file}')
        content = json.loads(file.read_text())
        missing = [key for key in KEYS if key not in content]
        if missing:
            raise ValueError(f'{file} lacks {", ".join(missing)}')
        lines = '\n'.join(table(content['rows']))
        return f'{place[1]}{lines}\n{place[4]}'

    return PLACE.sub(filled, text)

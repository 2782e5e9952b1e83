"""Curves of few-shot transfer: what is learnt and forgotten, by boxes shown."""

import json
import statistics
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from ..engine.transfer.cells import COPIES, MODES, ZERO_SHOT
from ..engine.transfer.tables import over_sets
from .runs import spread

Row = dict[str, object]
SHOWN = {'new': 'new task', 'old': 'old task'}


def read_grid(folder: Path) -> tuple[dict, list[dict]]:
    """Read a folder of the transfer runner.

    Args:
        folder: Its ``OUT``.

    Returns:
        The settings of all runs, and their results.

    Raises:
        FileNotFoundError: If the folder is none of the runner's.
    """
    settings = folder / 'settings.json'
    if not settings.is_file():
        raise FileNotFoundError(f'there is no {settings}: run odinw_transfer.py first')
    results = [
        json.loads(file.read_text()) for file in sorted(folder.glob('results/*.json'))
    ]
    return json.loads(settings.read_text()), results


def table_rows(results: Sequence[dict]) -> list[Row]:
    """Give mean AP over all sets, and its spread over the seeds.

    Args:
        results: Of all runs; each mode and number of boxes has all sets and seeds.

    Returns:
        Rows of a table, zero-shot first.

    Raises:
        ValueError: If runs are missing: the rows would not be comparable.
    """
    sets = sorted({r['dataset'] for r in results})
    tuned = [r for r in results if r['mode'] != ZERO_SHOT]
    seeds = {r['seed'] for r in tuned}
    pairs = sorted({(r['mode'], r['shot']) for r in tuned}, key=_place)
    measured = [key for key in SHOWN if any(key in r for r in results)]
    rows = []
    for mode, shot in [(ZERO_SHOT, None), *pairs]:
        row: Row = {'mode': mode, 'boxes of a class': 0 if shot is None else shot}
        for key in measured:
            means = over_sets(results, sets, mode, shot, key)
            wanted = 1 if shot is None else len(seeds)
            if len(means) < wanted:
                raise ValueError(
                    f'{mode} with {row["boxes of a class"]} boxes of a class has all '
                    f'{len(sets)} sets for {len(means)} of {wanted} seeds only; let '
                    'odinw_transfer.py finish its runs'
                )
            row[f'{SHOWN[key]}: AP'] = round(statistics.mean(means), 3)
            row[f'{SHOWN[key]}: spread'] = round(spread(means), 3)
        rows.append(row)
    return rows


def _place(pair: tuple[str, str]) -> tuple[int, int]:
    mode, shot = pair
    return MODES.index(mode), [*COPIES].index(shot)


def draw_curves(rows: Sequence[Row], out: Path) -> None:
    """Draw AP on the new and the old task against the boxes that were shown.

    Args:
        rows: Of :func:`table_rows`.
        out: Image file to write.
    """
    shown = [task for task in SHOWN.values() if f'{task}: AP' in rows[0]]
    figure = Figure(figsize=(5.5 * len(shown), 4), layout='constrained')
    shots = [str(row['boxes of a class']) for row in rows]
    ticks = ['0', *(shot for shot in COPIES if shot in shots)]
    for axes, task in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown):
        for mode in dict.fromkeys(str(row['mode']) for row in rows[1:]):
            of_mode = [rows[0], *(row for row in rows if row['mode'] == mode)]
            axes.errorbar(
                [ticks.index(str(row['boxes of a class'])) for row in of_mode],
                [row[f'{task}: AP'] for row in of_mode],
                [row[f'{task}: spread'] for row in of_mode],
                marker='o', capsize=3, label=mode,
            )  # fmt: skip
        axes.set_title(task)
        axes.set_xticks(range(len(ticks)), ticks)
        axes.set_xlabel('boxes of a class')
        axes.set_ylabel('AP, mean of all sets')
    axes.legend()
    figure.savefig(out, dpi=120)

"""Curves of few-shot transfer: what is learnt and forgotten, by boxes shown."""

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from ..engine.transfer.cells import COPIES, MODES, ZERO_SHOT
from ..engine.transfer.tables import over_sets
from .runs import spread

Row = dict[str, object]
SHOWN = {'new': 'new task', 'old': 'old task'}


def read_grid(folder: Path) -> tuple[dict, dict[str, dict]]:
    """Read a folder of the transfer runner.

    Args:
        folder: Its ``OUT``.

    Returns:
        The settings of all runs, as :func:`shown_settings`, and their results by name.

    Raises:
        FileNotFoundError: If the folder is none of the runner's.
    """
    settings = folder / 'settings.json'
    if not settings.is_file():
        raise FileNotFoundError(f'there is no {settings}: run odinw_transfer.py first')
    results = {
        file.stem: json.loads(file.read_text())
        for file in sorted(folder.glob('results/*.json'))
    }
    return shown_settings(json.loads(settings.read_text())), results


def shown_settings(settings: Mapping[str, object]) -> dict[str, object]:
    """Leave out of settings what is not set, and where a machine keeps its files."""
    return {
        key: Path(str(value)).name if key in ('checkpoint', 'data') else value
        for key, value in settings.items()
        if value not in (None, {})
    }


def table_rows(results: Sequence[dict]) -> list[Row]:
    """Give mean AP over all sets, and its spread over the seeds.

    Seeds that lack runs are left out: rows of other seeds would not be comparable.

    Args:
        results: Of all runs.

    Returns:
        Rows of a table, zero-shot first.

    Raises:
        ValueError: If no seed has all sets, modes and numbers of boxes.
    """
    sets = sorted({r['dataset'] for r in results})
    tuned = [r for r in results if r['mode'] != ZERO_SHOT]
    pairs = sorted({(r['mode'], r['shot']) for r in tuned}, key=_place)
    zero = {(r['dataset'], ZERO_SHOT, None) for r in results if r['mode'] == ZERO_SHOT}
    lacking = {
        seed: {(name, *pair) for name in sets for pair in pairs}
        - {(r['dataset'], r['mode'], r['shot']) for r in tuned if r['seed'] == seed}
        | {(name, ZERO_SHOT, None) for name in sets} - zero
        for seed in {r['seed'] for r in tuned}
    }
    seeds = {seed for seed, missing in lacking.items() if not missing}
    if not seeds:
        fewest = min(lacking.values(), key=len)
        raise ValueError(
            f'no seed has all runs; the fullest lacks {len(fewest)}, such as '
            f'{" ".join(filter(None, min(fewest, key=str)))}; let odinw_transfer.py go '
            'on'
        )
    results = [r for r in results if r['mode'] == ZERO_SHOT or r['seed'] in seeds]
    measured = [key for key in SHOWN if any(key in r for r in results)]
    rows = []
    for mode, shot in [(ZERO_SHOT, None), *pairs]:
        row: Row = {
            'mode': mode,
            'boxes of a class': 0 if shot is None else shot,
            'seeds': 1 if shot is None else len(seeds),
        }
        for key in measured:
            means = over_sets(results, sets, mode, shot, key)
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
    figure.legend(*axes.get_legend_handles_labels(), loc='outside right upper')
    figure.savefig(out, dpi=120)

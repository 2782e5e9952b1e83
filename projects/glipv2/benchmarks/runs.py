"""Runs that are measured once, and their figures over seeds."""

import argparse
import json
import statistics
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ..whole_file import write_whole

MEASURED = 'metrics.json'  # in the folder of a run
Name = TypeVar('Name', bound=Hashable)
Figures = TypeVar('Figures', bound=Mapping[str, float])


def measured_once(
    folder: Path, measure: Callable[[], Mapping[str, object]]
) -> dict[str, float]:
    """Train and measure a run, unless its ``MEASURED`` is there.

    Args:
        folder: Of the run; made if need be; gets the file.
        measure: Trains, and gives the figures.

    Returns:
        The figures.
    """
    file = folder / MEASURED
    if not file.is_file():
        _write(file, measure())
    return json.loads(file.read_text())


def take_over(
    results: Path, settings: Mapping[str, object], place: Callable[[str], Path]
) -> None:
    """Go on with the runs of a results file, perhaps of another machine.

    Args:
        results: Written with ``runs``, or missing.
        settings: Of the runs that are wanted; runs of others are not taken.
        place: Gives the file of a run by its name; written where there is none.
    """
    content = json.loads(results.read_text()) if results.is_file() else {}
    for name, figures in runs_in(content, settings).items():
        file = place(name)
        if not file.is_file():
            _write(file, figures)


def add_finished_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--finished`` to the command line of a long comparison."""
    parser.add_argument(
        '--finished', action='store_true',
        help='train nothing: write the runs that are finished, and the table of the '
        'seeds of which all runs are',
    )  # fmt: skip


def read_finished(folders: Mapping[Name, Path]) -> dict[Name, dict[str, float]]:
    """Read what the runs that are finished measured.

    Args:
        folders: Of all runs, by name.

    Returns:
        The figures of those that :func:`measured_once` has measured, by name.
    """
    files = {name: folder / MEASURED for name, folder in folders.items()}
    return {
        name: json.loads(file.read_text())
        for name, file in files.items()
        if file.is_file()
    }


def of_whole_seeds(
    found: Mapping[tuple[Name, int], Figures], names: Collection[Name]
) -> dict[tuple[Name, int], Figures]:
    """Keep the runs of those seeds of which all runs are there.

    Others would make the rows of a table differ by what was measured.

    Args:
        found: Figures by name and seed.
        names: Of the runs of each seed.

    Returns:
        Those of whole seeds, in their order.

    Raises:
        ValueError: If no seed is whole.
    """
    wanted = set(names)
    whole = {
        seed
        for _, seed in found
        if wanted <= {name for name, of_seed in found if of_seed == seed}
    }
    if not whole:
        raise ValueError(
            f'no seed has all its {len(wanted)} runs yet; {len(found)} are finished'
        )
    return {
        (name, seed): figures
        for (name, seed), figures in found.items()
        if seed in whole and name in wanted
    }


def runs_in(
    content: Mapping[str, Any], settings: Mapping[str, object]
) -> dict[str, dict[str, object]]:
    """Get the runs of a results file, by name, if they are of these settings."""
    same = content.get('settings') == json.loads(json.dumps(settings))
    return content.get('runs', {}) if same else {}


def _write(file: Path, figures: Mapping[str, object]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, (json.dumps(figures, indent=1) + '\n').encode())


def mean_and_spread(values: Sequence[float]) -> str:
    """Write the mean over seeds and its :func:`spread`, which one seed has not."""
    written = f'{statistics.mean(values):.3f}'
    return f'{written} ± {spread(values):.3f}' if len(values) > 1 else written


def spread(values: Sequence[float]) -> float:
    """Compute the standard deviation of a sample; of one value it is 0."""
    return statistics.stdev(values) if len(values) > 1 else 0.0

"""Runs that are measured once, and their figures over seeds."""

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..whole_file import write_whole

MEASURED = 'metrics.json'  # in the folder of a run


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
    if content.get('settings') != json.loads(json.dumps(settings)):
        return
    for name, figures in content.get('runs', {}).items():
        file = place(name)
        if not file.is_file():
            _write(file, figures)


def _write(file: Path, figures: Mapping[str, object]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, (json.dumps(figures, indent=1) + '\n').encode())


def mean_and_spread(values: Sequence[float]) -> str:
    """Write the mean over seeds and its :func:`spread`."""
    return f'{statistics.mean(values):.3f} ± {spread(values):.3f}'


def spread(values: Sequence[float]) -> float:
    """Compute the standard deviation of a sample; of one value it is 0."""
    return statistics.stdev(values) if len(values) > 1 else 0.0

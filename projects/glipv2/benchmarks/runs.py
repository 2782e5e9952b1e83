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
        measured = json.dumps(measure(), indent=1) + '\n'
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(file, measured.encode())
    return json.loads(file.read_text())


def take_over(
    results: Path, settings: Mapping[str, object], folder: Path
) -> Mapping[str, Mapping[str, float]]:
    """Go on with the runs of a results file, perhaps of another machine.

    Args:
        results: Written with ``runs``, or missing.
        settings: Of the runs that are wanted; runs of others are not taken.
        folder: Of all runs; gets those that it lacks.

    Returns:
        What was measured, by the name of a run's folder.
    """
    content = json.loads(results.read_text()) if results.is_file() else {}
    if content.get('settings') != json.loads(json.dumps(settings)):
        return {}
    for name, figures in content['runs'].items():
        measured_once(folder / name, lambda figures=figures: figures)
    return content['runs']


def mean_and_spread(values: Sequence[float]) -> str:
    """Write the mean over seeds and its :func:`spread`."""
    return f'{statistics.mean(values):.3f} ± {spread(values):.3f}'


def spread(values: Sequence[float]) -> float:
    """Compute the standard deviation of a sample; of one value it is 0."""
    return statistics.stdev(values) if len(values) > 1 else 0.0

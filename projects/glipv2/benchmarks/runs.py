"""Runs that are measured once, and their figures over seeds."""

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..whole_file import write_whole


def measured_once(
    folder: Path, measure: Callable[[], Mapping[str, object]]
) -> dict[str, float]:
    """Train and measure a run, unless its ``metrics.json`` is there.

    Args:
        folder: Of the run; gets the file.
        measure: Trains, and gives the figures.

    Returns:
        The figures.
    """
    file = folder / 'metrics.json'
    if not file.is_file():
        write_whole(file, (json.dumps(measure(), indent=1) + '\n').encode())
    return json.loads(file.read_text())


def mean_and_spread(values: Sequence[float]) -> str:
    """Write the mean over seeds and its :func:`spread`."""
    return f'{statistics.mean(values):.3f} ± {spread(values):.3f}'


def spread(values: Sequence[float]) -> float:
    """Compute the standard deviation of a sample; of one value it is 0."""
    return statistics.stdev(values) if len(values) > 1 else 0.0

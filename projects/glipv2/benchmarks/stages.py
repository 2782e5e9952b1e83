"""Stages of a long comparison, each said on the console and timed."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from ..whole_file import write_whole


def run_stages(stages: Mapping[str, Callable[[], object]], file: Path) -> None:
    """Do stages in order; each knows what is done of it.

    Args:
        stages: By name.
        file: JSON of the seconds that each took, all its runs together.
    """
    for name, stage in stages.items():
        print(f'== {name}', flush=True)
        start = time.time()
        try:
            stage()
        finally:
            seconds = seconds_of(file)
            seconds[name] = round(seconds.get(name, 0) + time.time() - start, 1)
            write_whole(file, (json.dumps(seconds) + '\n').encode())


def seconds_of(file: Path) -> dict[str, float]:
    """Read how long each stage took.

    Args:
        file: Of :func:`run_stages`; without it there are none.
    """
    return json.loads(file.read_text()) if file.is_file() else {}

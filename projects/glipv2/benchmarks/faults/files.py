"""Writers of files killed at random moments: each file is whole or is not there."""

import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from .child import code_of, kill, start, time_of
from .outcome import Outcome

MOST_KILLS = 4  # of one job


def kill_often(
    outcome: Outcome,
    tries: int,
    seed: int,
    work: Callable[[Path], object],
    folder: Path,
    read: Callable[[Path], object] = Path.read_bytes,
    patience: float = 120.0,
) -> Outcome:
    """Kill a job that goes on where it was, until it is done; again and again.

    Args:
        outcome: Gets what was tried and lost.
        tries: Kills.
        seed: Of their moments.
        work: The job; it gets the folder for its files.
        folder: For the folders of the jobs, which are emptied.
        read: Reads a file of it, to compare; None: not compared.
        patience: Seconds that it may take.

    Returns:
        ``outcome``. Lost is a file that a kill left under its name and that is another
        than that of a job without a kill, and a job that ends with other files.
    """
    out = folder / 'out'  # the same for all: paths may stand in the files
    out.mkdir()
    seconds = time_of(lambda: work(out), folder / 'seconds', patience)
    expected = {
        path.relative_to(out): read(path)
        for path in out.rglob('*')
        if path.is_file() and read(path) is not None
    }
    chance = random.Random(seed)
    while outcome.tried < tries:
        shutil.rmtree(out)
        out.mkdir()
        problem = None
        for _ in range(min(MOST_KILLS, tries - outcome.tried)):
            child = start(lambda: work(out))
            time.sleep(chance.uniform(0.0, 1.1) * seconds)
            kill(child)
            outcome.tried += 1
            for name, content in expected.items():
                if (out / name).exists() and read(out / name) != content:
                    problem = f'{name} is another after a kill'
        log = folder / 'log.txt'
        log.unlink(missing_ok=True)
        if code_of(start(lambda: work(out), log), patience) != 0:
            problem = f'going on fails: {log.read_text()[-300:]}'
        elif any(
            not (out / name).is_file() or read(out / name) != content
            for name, content in expected.items()
        ):
            problem = 'other files'
        if problem is not None:
            outcome.lost.append(problem)
    return outcome

"""Ways in which a run with living workers ends: each has to, and says why in a line."""

import os
import random
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from mmengine.runner import Runner

from ...engine.command_line import INTERRUPTED, user_errors_in_one_line
from ...engine.hooks.stop_on_signal import STOPPED, stop_requests
from .child import code_of, start, wait_for
from .machines import PATIENCE, FaultyNumbers
from .outcome import Outcome
from .short_run import Numbers, build

kept: list[Runner] = []  # as a runner that is part of a cycle stays: no destructor runs


def _fail() -> None:
    raise ValueError('a wrong sample')


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _to_all(child: int, number: int) -> None:
    os.killpg(child, number)


# What a worker does, who gets which signal, the exit code, and the line.
WAYS: dict[str, tuple] = {
    'the end': (None, None, 0, None, ''),
    'an error of a worker': (_fail, None, 0, 1, 'a wrong sample'),
    'a worker killed': (_die, None, 0, 1, 'DataLoader worker was killed'),
    'Ctrl-C': (None, _to_all, signal.SIGINT, INTERRUPTED, 'stopped by Ctrl-C'),
    'SIGINT': (None, os.kill, signal.SIGINT, INTERRUPTED, 'stopped by Ctrl-C'),
    'SIGTERM to all': (None, _to_all, signal.SIGTERM, STOPPED, 'go on with --resume'),
}


def ending(way: str, seconds: float, persistent: bool, folder: Path) -> str | None:
    """Let a training end in one way.

    Args:
        way: Of :data:`WAYS`.
        seconds: Of training before a signal.
        persistent: Whether the workers stay after an epoch.
        folder: For its files.

    Returns:
        What was wrong, or None.
    """
    fault, send, number, code, line = WAYS[way]
    log = folder / 'log.txt'
    child = start(partial(_train, folder, fault, persistent, send is None), log)
    if send is not None:
        wait_for(folder, '**/*.log')  # it has begun
        time.sleep(seconds)
        send(child, number)
    try:
        found = code_of(child, PATIENCE)
    except TimeoutError as error:
        return f'{way}: {error}'
    text = log.read_text()
    if found != (code or 0) or line not in text:
        return f'{way}: code {found}: {text[-400:]}'
    return None


def _train(
    folder: Path, fault: Callable[[], object] | None, persistent: bool, is_short: bool
) -> None:
    dataset = Numbers() if fault is None else FaultyNumbers(5, fault)
    with user_errors_in_one_line(), stop_requests():
        runner = build(
            folder, steps=24 if is_short else 2000, by_epoch=True, seconds=0.01,
            workers=2, persistent=persistent, dataset=dataset,
        )  # fmt: skip
        kept.append(runner)
        runner.train()


def endings(tries: int, seed: int, folder: Path) -> Outcome:
    """Let trainings end in all ways; those that are left over hang for ever."""
    outcome = Outcome('errors, signals and dead workers while workers are alive')
    for number in range(seed, seed + tries):
        chance = random.Random(number)
        place = folder / str(number)
        place.mkdir()
        way = list(WAYS)[number % len(WAYS)]
        problem = ending(way, chance.uniform(0.1, 1.0), chance.random() < 0.5, place)
        outcome.tried += 1
        if problem is not None:
            outcome.lost.append(problem)
    return outcome

"""Trainings killed or stopped at random moments; resumed, they end with the same."""

import random
import shutil
import signal
import time
from functools import partial
from pathlib import Path

from ...checkpoint.loading import load_checkpoint_safely
from ...checkpoint.newest import newest_readable
from ...engine.hooks.stop_on_signal import STOPPED, stop_requests
from .child import code_of, kill, start, time_of, wait_for
from .outcome import Outcome
from .short_run import are_same, build, last_weights

MOST_KILLS = 4  # of one run


def training(tries: int, seed: int, folder: Path, by_epoch: bool = False) -> Outcome:
    """Kill a training that writes a checkpoint after each step.

    Args:
        tries: Kills.
        seed: Of the moments.
        folder: For the runs.
        by_epoch: Whether it counts epochs, and writes one after each.

    Returns:
        How often a resumed run did not end with the weights of a whole one.
    """
    kind = 'epochs' if by_epoch else 'steps'
    outcome = Outcome(f'SIGKILL in training and checkpoint writing, {kind}')
    shape = dict(steps=24, by_epoch=by_epoch, seconds=0.005)

    def work(place: Path, resume: bool) -> None:
        build(place, resume=resume, **shape).train()

    whole = folder / f'whole_{kind}'
    seconds = time_of(partial(work, whole, False), folder / 'seconds')
    expected = last_weights(whole)
    chance = random.Random(seed)
    while outcome.tried < tries:
        place = folder / f'killed_{kind}_{outcome.tried}'
        kills, problem = 0, None
        while kills < MOST_KILLS and outcome.tried + kills < tries:
            child = start(partial(work, place, kills > 0))
            # The first tenths are the start of the process, the last its end.
            time.sleep(chance.uniform(0.3, 1.2) * seconds)
            kill(child)
            kills += 1
            problem = problem or _unreadable(place)
        log = folder / 'log.txt'
        if code_of(start(partial(work, place, True), log)) != 0:
            problem = f'resuming fails: {log.read_text()[-300:]}'
        elif not are_same(last_weights(place), expected):
            problem = 'other weights'
        outcome.tried += kills
        if problem is not None:
            outcome.lost.append(problem)
        shutil.rmtree(place)
    return outcome


def _unreadable(place: Path) -> str | None:
    """Check that a kill left only files that can be read, and one to resume from."""
    try:
        for path in place.glob('*.pth'):
            load_checkpoint_safely(path)
        newest_readable(place, print)
    except ValueError as error:
        return str(error)
    return None


def stopped_training(
    tries: int, seed: int, folder: Path, by_epoch: bool = False
) -> Outcome:
    """Send a training and its workers the signals of a cluster.

    Returns:
        How often it did not save and end with its code, or the resumed run did not end
        with the weights of a whole one.
    """
    kind = 'epochs' if by_epoch else 'steps'
    outcome = Outcome(f'SIGTERM or SIGUSR1 in training, {kind}')
    shape = dict(steps=24, by_epoch=by_epoch, seconds=0.03, interval=2, workers=1)

    def work(place: Path, resume: bool) -> None:
        with stop_requests():
            build(place, resume=resume, **shape).train()

    whole = folder / f'whole_{kind}'
    time_of(partial(work, whole, False), folder / 'seconds')
    expected = last_weights(whole)
    chance = random.Random(seed)
    while outcome.tried < tries:
        place = folder / f'stopped_{kind}_{outcome.tried}'
        log = folder / f'log_{kind}_{outcome.tried}.txt'
        child = start(partial(work, place, False), log)
        wait_for(place, '**/*.log')  # it has begun
        time.sleep(chance.uniform(0.1, 0.6))
        code = kill(child, chance.choice((signal.SIGTERM, signal.SIGUSR1)))
        problem = None if code == STOPPED else f'code {code}: {log.read_text()[-400:]}'
        if problem is None and code_of(start(partial(work, place, True), log)) != 0:
            problem = f'resuming fails: {log.read_text()[-400:]}'
        if problem is None and not are_same(last_weights(place), expected):
            problem = 'other weights'
        outcome.tried += 1
        if problem is not None:
            outcome.lost.append(problem)
    return outcome

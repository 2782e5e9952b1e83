"""Processes killed at random moments; what they left behind goes on to the same end."""

import random
import shutil
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from ...checkpoint.loading import load_checkpoint_safely
from ...checkpoint.newest import newest_readable
from ...checkpoint.whole_files import part_of, save_whole
from ...engine.hooks.stop_on_signal import STOPPED, stop_requests
from ...engine.line_journal import LineJournal
from .child import code_of, kill, start, wait_for
from .outcome import Outcome
from .short_run import are_same, build, last_weights

LINES = 300
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
    begin = time.monotonic()
    if code_of(start(partial(work, whole, False))) != 0:
        raise RuntimeError('a training without a fault fails')
    seconds = time.monotonic() - begin
    expected = last_weights(whole)
    chance = random.Random(seed)
    while outcome.tried < tries:
        place = folder / f'killed_{kind}_{outcome.tried}'
        kills, problem = 0, None
        while kills < MOST_KILLS and outcome.tried + kills < tries:
            child = start(partial(work, place, kills > 0))
            # The first tenths are the start of the process.
            time.sleep(chance.uniform(0.3, 1.0) * seconds)
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
    code_of(start(partial(work, whole, False)))
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


def journal(tries: int, seed: int, folder: Path) -> Outcome:
    """Kill what pseudo labels are kept in, while it writes and while it merges."""
    outcome = Outcome('SIGKILL while results of lines are written or merged')
    out = folder / 'labels.jsonl'
    skipped = folder / 'labels.skipped'

    def work() -> None:
        kept = LineJournal(out)
        done = kept.done(LINES)
        for line in range(LINES):
            if not done[line]:
                entry = dict(skipped='no') if line % 7 == 0 else dict(text='é' * line)
                kept.write([(line, entry)])
        kept.merge(skipped)

    expected, seconds = _whole_run(work, (out, skipped))
    _kill_often(outcome, tries, seed, work, (out, skipped), expected, seconds)
    return outcome


def conversion(tries: int, seed: int, folder: Path) -> Outcome:
    """Kill the writing of a converted file over an older one."""
    outcome = Outcome('SIGKILL while a converted file is written')
    path = folder / 'converted.pth'

    def content(number: float) -> dict:
        return dict(state_dict=dict(weight=torch.full((1_000_000,), number)))

    save_whole(path, content(1.0))
    chance = random.Random(seed)
    begin = time.monotonic()
    code_of(start(partial(save_whole, path, content(2.0))))
    seconds = time.monotonic() - begin
    for _ in range(tries):
        child = start(partial(save_whole, path, content(3.0)))
        time.sleep(chance.uniform(0.0, 1.0) * seconds)
        kill(child)
        outcome.tried += 1
        try:
            weight = load_checkpoint_safely(path)['state_dict']['weight']
            if len(weight.unique()) != 1:
                outcome.lost.append('a mixture of old and new')
        except (ValueError, OSError) as error:
            outcome.lost.append(str(error))
    part_of(path).unlink(missing_ok=True)
    return outcome


def _whole_run(
    work: Callable[[], object], files: tuple[Path, ...]
) -> tuple[list[bytes], float]:
    begin = time.monotonic()
    code_of(start(work))
    seconds = time.monotonic() - begin
    expected = [file.read_bytes() for file in files]
    for file in files:
        file.unlink()
    return expected, seconds


def _kill_often(
    outcome: Outcome,
    tries: int,
    seed: int,
    work: Callable[[], object],
    files: tuple[Path, ...],
    expected: list[bytes],
    seconds: float,
) -> None:
    """Kill work that goes on where it was, until it is done; again and again."""
    chance = random.Random(seed)
    while outcome.tried < tries:
        kills = 0
        while kills < MOST_KILLS and outcome.tried + kills < tries:
            child = start(work)
            time.sleep(chance.uniform(0.0, 1.0) * seconds)
            kill(child)
            kills += 1
        code_of(start(work))
        outcome.tried += kills
        if [file.read_bytes() for file in files] != expected:
            outcome.lost.append('other files')
        for file in files:
            file.unlink(missing_ok=True)

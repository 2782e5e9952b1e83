"""Faults of disks, clocks, workers and other processes in the middle of a training."""

import os
import random
import resource
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import torch.distributed as dist
from torch import Tensor

from ...engine.command_line import user_errors_in_one_line
from ...engine.hooks.stop_on_signal import STOPPED, stop_requests
from .child import code_of, kill, start, time_of, wait_for
from .outcome import Outcome
from .short_run import Numbers, are_same, build, last_weights

PATIENCE = 120.0  # seconds after which the others of a dead process have ended
PROCESSES = 2
# Fewer than a checkpoint has, and more than what is printed, which goes to a file too.
BYTES = (4000, 15000)


class FaultyNumbers(Numbers):
    """Numbers of which one, the n-th that a process asks for, comes with a fault."""

    def __init__(self, number: int, fault: Callable[[], object]) -> None:
        self.number = number
        self.fault = fault

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        self.number -= 1
        if self.number == 0:
            self.fault()
        return super().__getitem__(index)


class NumbersOnDisk(Numbers):
    """Numbers that are read from files, which may vanish."""

    def __init__(self, folder: Path, number: int = 0) -> None:
        self.folder = folder
        self.number = number
        folder.mkdir(exist_ok=True)
        for index in range(len(self)):
            (folder / str(index)).write_text(str(index))

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        self.number -= 1
        if self.number == 0:
            self.folder.rename(self.folder.with_name('away'))
        return super().__getitem__(int((self.folder / str(index)).read_text()))


def full_disk(tries: int, seed: int, folder: Path) -> Outcome:
    """Let the disk be full in the middle of a checkpoint."""
    outcome = Outcome('disk full while a checkpoint is written')
    chance = random.Random(seed)

    def fault() -> None:
        size = chance.randrange(*BYTES)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def dataset(number: int) -> Numbers:
        return FaultyNumbers(number, fault)

    _each(outcome, tries, folder, chance, dataset, 'cannot be written')
    return outcome


def lost_disk(tries: int, seed: int, folder: Path) -> Outcome:
    """Take the folder of the data away, and bring it back for the resumed run."""
    outcome = Outcome('data disk gone for a while')
    data = folder / 'data'

    def dataset(number: int) -> Numbers:
        if data.with_name('away').exists():
            data.with_name('away').rename(data)
        return NumbersOnDisk(data, number)

    _each(outcome, tries, folder, random.Random(seed), dataset, 'No such file')
    return outcome


def dead_worker(tries: int, seed: int, folder: Path) -> Outcome:
    """Kill a process that loads data, as a system without memory does."""
    outcome = Outcome('worker of the data loader killed')

    def dataset(number: int) -> Numbers:
        return FaultyNumbers(number, lambda: os.kill(os.getpid(), signal.SIGKILL))

    chance = random.Random(seed)
    _each(
        outcome,
        tries,
        folder,
        chance,
        dataset,
        'DataLoader worker was killed',
        workers=1,
    )
    return outcome


def jumping_clock(tries: int, seed: int, folder: Path) -> Outcome:
    """Set the clock back and forth during a training that is killed, too."""
    outcome = Outcome('clock jumps by years')
    chance = random.Random(seed)

    def fault() -> None:
        time.time = lambda: chance.uniform(0, 4e9)

    def die() -> None:
        for path in folder.glob('faulty_*/*'):
            moment = chance.uniform(0, 4e9)
            os.utime(path, (moment, moment))
        os.kill(os.getpid(), signal.SIGKILL)

    class Jumping(FaultyNumbers):
        def __getitem__(self, index: int) -> dict[str, Tensor]:
            fault()
            return super().__getitem__(index)

    def dataset(number: int) -> Numbers:
        return Jumping(number, die)

    _each(outcome, tries, folder, chance, dataset, None)
    return outcome


def _each(
    outcome: Outcome,
    tries: int,
    folder: Path,
    chance: random.Random,
    dataset: Callable[[int], Numbers],
    message: str | None,
    **shape: int,
) -> None:
    """Train into a fault, which has to end the run with a message, and resume."""

    def work(place: Path, number: int) -> None:
        with user_errors_in_one_line():
            build(place, resume=number < 0, dataset=dataset(number), **shape).train()

    whole = folder / 'whole'
    time_of(partial(work, whole, -1), folder / 'seconds')
    expected = last_weights(whole)
    for _ in range(tries):
        place = folder / f'faulty_{outcome.tried}'
        log = folder / f'log_{outcome.tried}.txt'
        problem = None
        code = code_of(start(partial(work, place, chance.randrange(7, 22)), log))
        if code == 0 or (message is not None and message not in log.read_text()):
            problem = f'ended with {code}: {log.read_text()[-300:]}'
        elif code_of(start(partial(work, place, -1), log)) != 0:
            problem = f'resuming fails: {log.read_text()[-300:]}'
        elif not are_same(last_weights(place), expected):
            problem = 'other weights'
        outcome.tried += 1
        if problem is not None:
            outcome.lost.append(problem)


def dead_process(tries: int, seed: int, folder: Path) -> Outcome:
    """Kill one of two processes that train together; the other may not hang."""
    outcome = Outcome('one of two processes killed; the other ends with a message')
    chance = random.Random(seed)
    for number in range(tries):
        place = folder / f'dead_{number}'
        victim = FaultyNumbers(
            chance.randrange(5, 15), lambda: os.kill(os.getpid(), signal.SIGKILL)
        )
        log = folder / f'dead_{number}.txt'
        pair = [
            start(partial(_join, rank, place, victim if rank else None), log)
            for rank in range(PROCESSES)
        ]
        outcome.tried += 1
        try:
            codes = [code_of(child, PATIENCE) for child in pair]
        except TimeoutError as error:
            outcome.lost.append(str(error))
            continue
        if codes[0] <= 0 or 'Error' not in log.read_text():
            outcome.lost.append(f'codes {codes}')
    return outcome


def stopped_processes(tries: int, seed: int, folder: Path) -> Outcome:
    """Ask one of two processes that train together to stop; both have to."""
    outcome = Outcome('SIGTERM to one of two processes')
    for number in range(tries):
        place = folder / f'pair_{number}'
        log = folder / f'pair_{number}.txt'
        pair = [start(partial(_join, rank, place), log) for rank in range(PROCESSES)]
        wait_for(place, 'iter_*.pth')
        codes = [kill(pair[(seed + number) % PROCESSES], signal.SIGTERM)]
        codes.append(code_of(pair[(seed + number + 1) % PROCESSES]))
        outcome.tried += 1
        if codes != [STOPPED, STOPPED]:
            outcome.lost.append(f'codes {codes}: {log.read_text()[-600:]}')
    return outcome


def _join(rank: int, place: Path, dataset: Numbers | None = None) -> None:
    """Train as one of two processes."""
    place.mkdir(parents=True, exist_ok=True)
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(PROCESSES))
    dist.init_process_group(
        'gloo',
        init_method=f'file://{place}/meeting',
        rank=rank,
        world_size=PROCESSES,
        timeout=timedelta(seconds=PATIENCE / 2),
    )
    with stop_requests():
        build(
            place, steps=200, seconds=0.02, dataset=dataset, launcher='pytorch'
        ).train()

"""All faults in turns, and their table; what was tried is kept when it is killed."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from ...engine.line_journal import LineJournal
from . import damage, endings, kills, machines, texts, writers
from .files import MOST_KILLS
from .outcome import Outcome

Fault = Callable[[int, int, Path], Outcome]
Tries = tuple[int, int, int, int]
MACHINES: tuple[Fault, ...] = (
    machines.full_disk,
    machines.lost_disk,
    machines.dead_worker,
    machines.jumping_clock,
    machines.dead_process,
    machines.stopped_processes,
)
WRITERS: tuple[Fault, ...] = (
    writers.journal,
    writers.conversion,
    writers.weights,
    writers.datasets,
    writers.lvis_files,
    writers.pseudo_labels,
    writers.transfer_grid,
)
# Kinds by what a try costs: a process or two, a few milliseconds, less. Labelling has a
# number of its own: it is what runs longest.
LABELS: tuple[Fault, ...] = (writers.labels,)
PROCESSES: tuple[Fault, ...] = (
    kills.training,
    partial(kills.training, by_epoch=True),
    kills.stopped_training,
    partial(kills.stopped_training, by_epoch=True),
    *WRITERS,
    *MACHINES,
    endings.endings,
)
FILES: tuple[Fault, ...] = (
    damage.checkpoints,
    damage.forged_checkpoints,
    damage.configs,
    damage.prompt_files,
    damage.released_files,
    damage.exported_files,
    damage.answer_lists,
)
TEXTS: tuple[Fault, ...] = (texts.prompts, texts.odvg_records, texts.coco_files)
KINDS = (PROCESSES, FILES, TEXTS, LABELS)
# Tries of one turn: of processes, of files, of texts, of labelling.
PORTIONS = (2, 500, 20_000, MOST_KILLS)
SEEDS = 10_000_000  # apart, of faults that are tried with another seed
MOST_TURNS = 100_000  # of a fault, in the numbers of the notes


def run_campaign(
    tries: Tries,
    seed: int,
    minutes: float,
    notes: Path,
    report: Callable[[Outcome], object],
) -> list[Outcome]:
    """Try all faults, a portion of each in turn.

    Args:
        tries: Most, of each fault of processes, of files, of texts, and of labelling.
        seed: Of all choices.
        minutes: After which no further portion begins.
        notes: File beside which is noted what was tried; a campaign that was killed, or
            whose time was over, goes on from there.
        report: Called with the outcome of each portion.

    Returns:
        The outcomes of all faults that were tried.
    """
    end = time.monotonic() + 60 * minutes
    journal = LineJournal(notes)
    kinds = list(zip(KINDS, tries, PORTIONS))
    turns = [
        (fault, first, min(portion, count - first))
        for faults, count, portion in kinds
        for fault in faults
        for first in range(0, count, portion)
    ]
    # All get on alike; of those that are as far, the cheap ones come first.
    turns.sort(key=lambda turn: (turn[1] / tries_of(turn[0], tries), -turn[2]))
    done = journal.done(sum(map(len, KINDS)) * MOST_TURNS)
    for fault, first, count in turns:
        number = number_of(fault, first)
        if done[number]:
            continue
        if time.monotonic() > end:
            break
        with tempfile.TemporaryDirectory() as folder:
            try:
                outcome = fault(count, SEEDS * seed + first, Path(folder))
            except (TimeoutError, RuntimeError) as error:  # what should end well
                named = fault.func if isinstance(fault, partial) else fault
                name = named.__name__.replace('_', ' ')
                outcome = Outcome(name, count, [f'seed {first}: {error}'] * count)
        journal.write([(number, asdict(outcome))])
        report(outcome)
    return _sums(journal)


def tries_of(fault: Fault, tries: Tries) -> int:
    """Find how often a fault is tried at most."""
    kinds = zip(KINDS, tries)
    return next(count for faults, count in kinds if fault in faults)


def number_of(fault: Fault, first: int) -> int:
    """Number a turn in the notes, the same whatever number of tries is asked for."""
    faults = [(each, size) for kind, size in zip(KINDS, PORTIONS) for each in kind]
    place = next(i for i, (each, _) in enumerate(faults) if each is fault)
    return place * MOST_TURNS + first // faults[place][1]


def _sums(journal: LineJournal) -> list[Outcome]:
    """Add up the portions of each fault."""
    found: dict[str, Outcome] = {}
    results = dict(journal.results())
    for number in sorted(results):
        outcome = Outcome(**results[number])
        found.setdefault(outcome.fault, Outcome(outcome.fault)).add(outcome)
    return list(found.values())

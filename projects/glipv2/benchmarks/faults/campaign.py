"""All faults, one after the other, and their table."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from . import damage, kills, machines, texts
from .outcome import Outcome

Fault = Callable[[int, int, Path], Outcome]
MACHINES: tuple[Fault, ...] = (
    machines.full_disk,
    machines.lost_disk,
    machines.dead_worker,
    machines.jumping_clock,
    machines.dead_process,
    machines.stopped_processes,
)
# Kinds by what a try costs: a process or two, a few milliseconds, less.
PROCESSES: tuple[Fault, ...] = (
    kills.training,
    partial(kills.training, by_epoch=True),
    kills.stopped_training,
    partial(kills.stopped_training, by_epoch=True),
    kills.journal,
    kills.conversion,
    *MACHINES,
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


def run_campaign(
    tries: tuple[int, int, int], seed: int, report: Callable[[Outcome], object]
) -> list[Outcome]:
    """Try all faults.

    Args:
        tries: Of each fault of processes, of files and of texts.
        seed: Of all choices.
        report: Called with each outcome.

    Returns:
        The outcomes.
    """
    outcomes = []
    for faults, count in zip((PROCESSES, FILES, TEXTS), tries):
        for fault in faults:
            with tempfile.TemporaryDirectory() as folder:
                outcomes.append(fault(count, seed, Path(folder)))
            report(outcomes[-1])
    return outcomes

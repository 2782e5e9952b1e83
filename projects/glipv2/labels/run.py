"""Labels a folder: asks the model in any number of processes, and writes the labels."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import TextIO

from ..apis.pseudo_labels import refuse_lost_images
from ..engine.line_journal import LineJournal
from ..progress import progress
from .ask import ask
from .by_ray import ask_by_ray
from .by_torchrun import Ranks
from .image_list import count_lines, write_image_list
from .job import LabelJob, Wanted
from .write import Summary, check_wanted, write_labels

ENGINES = ('processes', 'ray')


def label_folder(
    job: LabelJob,
    wanted: Wanted,
    device: str | None = None,
    batch_size: int = 1,
    processes: int = 1,
    engine: str = 'processes',
) -> Summary:
    """Label the images of a folder.

    A job that was killed goes on where it was. One that is complete only writes the
    labels again, with other filters and formats if these are wanted. Processes that
    torchrun started share the images; the first one writes.

    Args:
        job: What is asked.
        wanted: What is written.
        device: Such as ``'cpu'``, ``'cuda'`` (a GPU for each process); None: a GPU if
            there is one.
        batch_size: Images computed at once.
        processes: How many look at images.
        engine: What starts them: ``'processes'``, or ``'ray'`` on the machines of a
            Ray cluster.

    Returns:
        What was found; of torchrun's processes only the first knows.

    Raises:
        OSError: If a folder or file is missing.
        ValueError: If the folder of the labels holds others, or something wanted cannot
            be.
        RuntimeError: If a process ended before it was done.
        ImportError: If Ray is wanted and not installed.
    """
    check_wanted(job, wanted)
    if engine not in ENGINES:
        raise ValueError(f'unknown engine {engine!r}; there are {", ".join(ENGINES)}')
    ranks = Ranks()
    if ranks.rank == 0 and not job.answers.is_file():
        refuse_lost_images(job.folder)
        job.begin()
        write_image_list(job)
    elif ranks.rank == 0:
        job.begin()
    ranks.wait()
    if not job.answers.is_file():
        _ask_all(job, device, batch_size, processes, engine, ranks)
    return write_labels(job, wanted) if ranks.rank == 0 else Summary()


def _ask_all(
    job: LabelJob,
    device: str | None,
    batch_size: int,
    processes: int,
    engine: str,
    ranks: Ranks,
) -> None:
    # With whole paths, for processes elsewhere and the same reasons of skipped images.
    job = LabelJob.of(job.out.resolve())
    count = count_lines(job.list_file)
    journal = LineJournal(job.answers, ranks.rank)
    ranks.wait()  # all have cut what a kill left unfinished
    left = count - int(journal.done(count).sum())
    counts: Iterator[int] = iter(())
    if ranks.count > 1:
        counts = ask(job, ranks.device(device), batch_size, ranks.rank, ranks.count)
    elif left and engine == 'ray':
        counts = ask_by_ray(job, device, batch_size, processes)
    elif left and processes == 1:
        counts = ask(job, device, batch_size)
    elif left:
        counts = _ask_in_processes(job, device, batch_size, min(processes, left))
    for _ in progress(counts, 'Images', -(-left // ranks.count), lambda count: count):
        pass
    ranks.wait()
    if ranks.rank == 0:
        journal.merge(job.skipped)
    ranks.wait()


def _ask_in_processes(
    job: LabelJob, device: str | None, batch_size: int, processes: int
) -> Iterator[int]:
    """Start the processes; yields how many images are done, as they say so."""
    reader, writer = os.pipe()
    threads = max(1, (os.cpu_count() or 1) // processes)
    environment = dict(os.environ)
    environment.setdefault('OMP_NUM_THREADS', str(threads))
    children = [
        subprocess.Popen(
            [sys.executable, '-m', 'glipv2.labels.worker', job.out.resolve(),
             str(rank), str(processes), str(batch_size), device or ''],
            stdout=writer, env=environment,
        )
        for rank in range(processes)
    ]  # fmt: skip
    os.close(writer)
    try:
        with os.fdopen(reader) as said:
            yield from _numbers(said)
        codes = [child.wait() for child in children]
    finally:
        for child in children:
            child.terminate()
    failed = [code for code in codes if code]
    if failed:
        raise RuntimeError(
            f'{len(failed)} of {processes} processes ended with {failed[0]}; what is '
            'done is kept: give the same command again'
        )


def _numbers(said: TextIO) -> Iterator[int]:
    for line in said:
        yield int(line)

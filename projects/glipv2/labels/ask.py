"""One process's share of the images: asked, and kept at once."""

import json
import sys
from collections.abc import Iterator
from itertools import islice

from ..apis.pseudo_labels import refuse_lost_images
from ..engine.line_journal import LineJournal
from .answers import Answers
from .image_list import count_lines
from .job import LabelJob


def ask(
    job: LabelJob,
    device: str | None = None,
    batch_size: int = 1,
    rank: int = 0,
    processes: int = 1,
) -> Iterator[int]:
    """Ask about the images of a process that have no answer yet.

    Args:
        job: The job, which has begun.
        device: As for the inferencer.
        batch_size: Images computed at once.
        rank: Of this process.
        processes: How many there are.

    Yields:
        How many images were done, after each batch.

    Raises:
        OSError: If the folder of the images is gone.
    """
    journal = LineJournal(job.answers, rank)
    # Nobody else writes answers of my share while I do.
    done = journal.done(count_lines(job.list_file))
    share = _share(job, rank, processes)
    model = None
    # Batches are the same after a kill, because in another company an image's numbers
    # may differ in their last digits.
    while batch := list(islice(share, batch_size)):
        left = [row for row, _ in batch if not done[row]]
        if not left:
            continue
        model = model or Answers(job, device, batch_size)
        journal.write(ask_batch(model, batch))
        yield len(left)


def ask_batch(model: Answers, batch: list[tuple[int, dict]]) -> list[tuple[int, dict]]:
    """Ask about some images, and say on the console which are skipped.

    Args:
        model: Is asked.
        batch: Numbers of the images and their lines of the list.

    Returns:
        Numbers and answers.

    Raises:
        OSError: If the folder of the images is gone.
    """
    answers = model.of([line for _, line in batch])
    skipped = [answer for answer in answers if 'skipped' in answer]
    if skipped:
        refuse_lost_images(model.job.folder)
    for answer in skipped:
        print(f'{answer["file_name"]}: {answer["skipped"]}', file=sys.stderr)
    return [(row, answer) for (row, _), answer in zip(batch, answers)]


def _share(job: LabelJob, rank: int, processes: int) -> Iterator[tuple[int, dict]]:
    with open(job.list_file, 'rb') as file:
        for row, line in enumerate(file):
            if row % processes == rank:
                yield row, json.loads(line)

"""Images asked about on the machines of a Ray cluster, by Ray Data.

This process alone writes the journal, so results and resuming are those of one process;
Ray starts workers that died again and repeats what they had not sent.
"""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..datasets.files.line_index import LineIndex
from ..engine.line_journal import LineJournal
from .answers import Answers
from .ask import ask_batch
from .job import LabelJob


class RayAsker:
    """A worker: loads the model once, and is asked about batches.

    Args:
        job: The job; its folders are the same on all machines.
        device: As for the inferencer.
        batch_size: Images of a batch.
    """

    def __init__(self, job: LabelJob, device: str | None, batch_size: int) -> None:
        self.model = Answers(job, device, batch_size)
        self.lines = LineIndex(job.list_file)

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Ask about batches.

        Args:
            batch: ``data``: (N,) numbers of batches.

        Returns:
            ``answers``: (N,) what :func:`ask_batch` returns of each, as JSON.
        """
        texts = []
        for number in batch['data'].tolist():
            start = number * self.model.batch_size
            rows = range(start, min(start + self.model.batch_size, len(self.lines)))
            asked = [(row, json.loads(self.lines[row])) for row in rows]
            texts.append(json.dumps(ask_batch(self.model, asked), ensure_ascii=False))
        return dict(answers=np.array(texts, object))


def ask_by_ray(
    job: LabelJob, device: str | None, batch_size: int, processes: int
) -> Iterator[int]:
    """Ask about all images that have no answer yet.

    Args:
        job: The job, which has begun.
        device: As for the inferencer; with ``'cuda'`` each worker gets a GPU.
        batch_size: Images computed at once.
        processes: Workers.

    Yields:
        How many images were done, as they come.

    Raises:
        ImportError: If Ray is not installed.
    """
    data = _ray_data()
    lines = LineIndex(job.list_file)  # written here, for all workers to read
    journal = LineJournal(job.answers)
    done = journal.done(len(lines))
    starts = range(0, len(lines), batch_size)
    left = [n for n, x in enumerate(starts) if not done[x : x + batch_size].all()]
    workers = min(processes, len(left))
    answers = data.from_numpy([np.array([number]) for number in left]).map_batches(
        RayAsker,
        fn_constructor_args=(job, device, batch_size),
        batch_size=1,
        concurrency=workers,
        num_gpus=int((device or '').startswith('cuda')),
    )
    for found in answers.iter_rows():
        results = [(row, answer) for row, answer in json.loads(found['answers'])]
        new = [result for result in results if not done[result[0]]]
        journal.write(new)
        yield len(new)


def _ray_data() -> Any:
    try:
        import ray.data
    except ImportError as error:
        raise ImportError(
            '--engine ray needs Ray Data; get it by: pip install "ray[data]"'
        ) from error
    return ray.data

"""Which task a data sample is for, and what is to be found once words are there."""

from collections.abc import Sequence
from dataclasses import dataclass

from mmdet.structures import DetDataSample

from .sample_text import image_name

BOX_TASKS = ('detection', 'grounding', 'segmentation')
ANSWER_TASKS = ('vqa', 'grounded_vqa')
CAPTION_TASKS = ('caption', 'grounded_caption')
TASKS = (*BOX_TASKS, *ANSWER_TASKS, *CAPTION_TASKS)
# The heads that tasks need beside the grounding head.
HEAD_OF = dict.fromkeys(ANSWER_TASKS, 'vqa_head') | dict.fromkeys(
    CAPTION_TASKS, 'caption_head'
)


@dataclass(frozen=True)
class TaskRows:
    """Which samples of a batch take part in what.

    Args:
        boxes: Samples whose text names things.
        answers: Samples with a question.
        captions: Samples with a caption, or where one is wanted.
    """

    boxes: list[int]
    answers: list[int]
    captions: list[int]


def task_of(sample: DetDataSample) -> str:
    """Say what a sample is for.

    Args:
        sample: With ``task``; without one it is for detection.

    Returns:
        One of ``TASKS``.

    Raises:
        ValueError: If the task is another word (names the image).
    """
    task = sample.get('task') or BOX_TASKS[0]
    if task not in TASKS:
        raise ValueError(
            f'{image_name(sample)} has the task {task!r}, but the tasks are '
            f'{", ".join(TASKS)}'
        )
    return task


def sort_samples(samples: Sequence[DetDataSample]) -> TaskRows:
    """Sort a batch by what its samples take part in.

    A ``grounded_caption`` is a caption whose phrases have boxes: it is in both.

    Args:
        samples: B samples.

    Returns:
        Their rows.

    Raises:
        ValueError: If a task is unknown.
    """
    tasks = [task_of(sample) for sample in samples]

    def rows(wanted: Sequence[str]) -> list[int]:
        return [row for row, task in enumerate(tasks) if task in wanted]

    return TaskRows(
        rows((*BOX_TASKS, 'grounded_caption')), rows(ANSWER_TASKS), rows(CAPTION_TASKS)
    )

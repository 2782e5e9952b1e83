"""Tasks of data samples."""

from collections.abc import Sequence
from dataclasses import dataclass

from mmdet.structures import DetDataSample

from .sample_text import image_name

BOX_TASKS = ('detection', 'grounding', 'segmentation')
ANSWER_TASKS = ('vqa', 'grounded_vqa')
CAPTION_TASKS = ('caption', 'grounded_caption')
TASKS = (*BOX_TASKS, *ANSWER_TASKS, *CAPTION_TASKS)
# Heads that tasks need beside the grounding head.
HEAD_OF = dict.fromkeys(ANSWER_TASKS, 'vqa_head') | dict.fromkeys(
    CAPTION_TASKS, 'caption_head'
)


@dataclass(frozen=True)
class TaskRows:
    """Rows of a batch by branch; a row may be in two of them.

    Args:
        boxes: Samples for the grounding head.
        answers: Samples with a question.
        captions: Samples with a caption, or that get one.
    """

    boxes: list[int]
    answers: list[int]
    captions: list[int]


def task_of(sample: DetDataSample) -> str:
    """Read the task of a sample.

    Args:
        sample: A sample with ``task``; without one it is for detection.

    Returns:
        One of ``TASKS``.

    Raises:
        ValueError: If the task is unknown (names the image).
    """
    task = sample.get('task') or BOX_TASKS[0]
    if task not in TASKS:
        raise ValueError(
            f'{image_name(sample)} has the task {task!r}, but the tasks are '
            f'{", ".join(TASKS)}'
        )
    return task


def sort_samples(samples: Sequence[DetDataSample]) -> TaskRows:
    """Sort a batch by branch; a ``grounded_caption`` has boxes and a caption.

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

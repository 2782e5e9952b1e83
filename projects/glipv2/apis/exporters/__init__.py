"""Forms of results: one function each, which writes records as they come."""

from collections.abc import Callable, Iterable
from typing import TextIO

from ...text.tasks import BOX_TASKS
from ..defaults import FORMATS
from ..record import Record
from .as_coco import write_coco
from .as_csv import write_csv
from .as_json import write_hf, write_json, write_jsonl
from .as_text import write_text

EXPORTERS: dict[str, Callable[[Iterable[Record], TextIO], None]] = dict(
    zip(FORMATS, (write_text, write_jsonl, write_json, write_csv, write_coco, write_hf))
)
WITH_BOXES = (*BOX_TASKS, 'grounded_vqa', 'grounded_caption')


def check_format(format: str, task: str) -> None:
    """Check that a format holds what a task finds.

    Args:
        format: A key of ``EXPORTERS``.
        task: The task.

    Raises:
        ValueError: If it does not, or there is no such format.
    """
    if format not in EXPORTERS:
        raise ValueError(f'unknown format {format!r}; there are {", ".join(EXPORTERS)}')
    if format == 'coco' and task not in WITH_BOXES:
        raise ValueError(
            f'the format coco holds boxes, and task {task!r} finds none; take jsonl'
        )

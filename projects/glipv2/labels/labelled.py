"""Images with the labels that stay."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .job import LabelJob, Wanted
from .names_on_disk import NamesOnDisk

SPLITS = ('train', 'val')
HASH_DIGITS = 8


@dataclass(frozen=True)
class Labelled:
    """An image and its labels.

    Args:
        file_name: Below the job's folder.
        width: Of the image, px.
        height: Of the image, px.
        split: ``'train'`` or ``'val'``.
        objects: As of ``Answers.of``, best first.
        caption: Whose phrases the objects are.
    """

    file_name: str
    width: int
    height: int
    split: str
    objects: list[dict]
    caption: str | None = None


# Goes through all images anew: they may be more than memory holds.
Images = Callable[[], Iterator[Labelled]]


def all_answers(job: LabelJob) -> Iterator[dict]:
    """Read what the model said of each image, in the order of the list.

    Args:
        job: A job that is complete.
    """
    with open(job.answers, encoding='utf-8') as file:
        for line in file:
            yield json.loads(line)


def labelled(job: LabelJob, wanted: Wanted) -> Iterator[Labelled]:
    """Choose labels from the answers.

    Args:
        job: A job that is complete.
        wanted: Filters, and the share of a split.

    Yields:
        The images that stay, in the order of the list.
    """
    seen = NamesOnDisk()
    for answer in all_answers(job):
        if wanted.filters.no_copies and not seen.add(answer['sha256']):
            continue
        objects = wanted.filters.keep(answer)
        if len(objects) >= wanted.filters.least_boxes:
            yield Labelled(
                answer['file_name'],
                answer['width'],
                answer['height'],
                _split_of(answer['sha256'], wanted.val_share),
                objects,
                answer.get('caption'),
            )


def _split_of(sha256: str, val_share: float) -> str:
    """Choose by the content, so that copies of an image are in one split."""
    place = int(sha256[:HASH_DIGITS], 16) / 16**HASH_DIGITS
    return 'val' if place < val_share else 'train'

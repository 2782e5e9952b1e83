"""Writes what is wanted of a complete job's answers."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from ..progress import progress
from .formats import WRITERS
from .image_list import count_lines
from .job import LabelJob, Wanted
from .labelled import Images, labelled
from .review import write_review
from .uncertain import write_uncertain


@dataclass
class Summary:
    """What became of a folder.

    Args:
        images: That were looked at.
        skipped: That could not be read.
        labelled: That have labels, or are kept without any.
        boxes: By name.
    """

    images: int = 0
    skipped: int = 0
    labelled: int = 0
    boxes: Counter = field(default_factory=Counter)


def check_wanted(job: LabelJob, wanted: Wanted) -> None:
    """Refuse what cannot be written, before anything is computed.

    Args:
        job: The job.
        wanted: What is wanted of it.

    Raises:
        ValueError: If something is unknown, or the job has not asked for it.
    """
    for name in wanted.formats:
        if name not in WRITERS:
            raise ValueError(f'unknown format {name!r}; there are {", ".join(WRITERS)}')
    least = wanted.filters.least_score
    if least < job.floor:
        raise ValueError(
            f'boxes below {job.floor} are not kept, but the least score is {least}'
        )
    unknown = sorted(set(wanted.filters.score_of) - set(job.names))
    if unknown and job.names:
        raise ValueError(f'a score is given for {unknown[0]!r}, which is no name')
    if wanted.filters.agreement and not job.mirrored:
        raise ValueError('agreement needs a mirrored view')
    if not 0 <= wanted.val_share < 1:
        raise ValueError(f'val_share must be in [0, 1), but it is {wanted.val_share}')


def write_labels(job: LabelJob, wanted: Wanted) -> Summary:
    """Write the labels of a job that is complete.

    Args:
        job: The job.
        wanted: Filters, formats, and what else is written.

    Returns:
        What was found.
    """
    images: Images = partial(labelled, job, wanted)
    summary = Summary()
    names = dict.fromkeys(job.names)
    for image in images():
        summary.labelled += 1
        for each in image.objects:
            summary.boxes[each['name']] += 1
            names.setdefault(each['name'])
    summary.skipped = count_lines(job.skipped)
    summary.images = summary.skipped + count_lines(job.answers)
    steps = [
        partial(WRITERS[name], images, list(names), job) for name in wanted.formats
    ]
    if wanted.review:
        steps.append(partial(write_review, job, wanted))
    if wanted.uncertain:
        steps.append(partial(write_uncertain, job, wanted))
    for step in progress(steps, 'Files', len(steps)):
        step()
    return summary


def describe(summary: Summary) -> str:
    """Say in a few lines what was found.

    Args:
        summary: Of :func:`write_labels`.
    """
    boxes = ', '.join(f'{count} {name}' for name, count in summary.boxes.most_common(9))
    more = len(summary.boxes) - 9
    boxes += f' and {more} more names' if more > 0 else ''
    return (
        f'{summary.images} images: {summary.labelled} labelled, {summary.skipped} '
        f'skipped\n{sum(summary.boxes.values())} boxes: {boxes or "none"}'
    )

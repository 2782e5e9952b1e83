"""Which images a person should look at first."""

import heapq
import json
from collections.abc import Mapping

from ..whole_file import replaced
from .filters import Filters
from .job import LabelJob, Wanted
from .labelled import all_answers

FILE = 'uncertain.jsonl'


def write_uncertain(job: LabelJob, wanted: Wanted) -> None:
    """List the images whose labels are most doubtful.

    Args:
        job: A job that is complete.
        wanted: ``uncertain`` says how many; thresholds are those of its filters.
    """
    doubts = (
        (round(doubt_of(answer, wanted.filters), 4), -row, answer['file_name'])
        for row, answer in enumerate(all_answers(job))
    )
    worst = heapq.nlargest(wanted.uncertain, doubts)
    with replaced(job.out / FILE) as file:
        for doubt, _, name in worst:
            line = json.dumps(dict(file_name=name, doubt=doubt), ensure_ascii=False)
            file.write(line.encode() + b'\n')


def doubt_of(answer: Mapping, filters: Filters) -> float:
    """Add up how doubtful the boxes of an image are.

    A box counts 1 at its name's threshold and 0 where the score is as far from it as
    can be; where a mirrored view was looked at, the share that it does not overlap is
    added to boxes that would be labels.

    Args:
        answer: With ``objects``.
        filters: With the thresholds.
    """
    doubt = 0.0
    for each in answer['objects']:
        threshold = filters.threshold(each['name'])
        away = each['score'] - threshold
        room = 1 - threshold if away >= 0 else threshold
        doubt += 1 - abs(away) / room if room else 1.0
        if away >= 0:
            doubt += 1 - each.get('agreement', 1.0)
    return doubt

"""Results as a table."""

import csv
from collections.abc import Iterable, Iterator
from typing import TextIO

from ..record import Record

COLUMNS = (
    'file_name', 'width', 'height', 'task', 'prompt', 'frame', 'seconds', 'label',
    'score', 'xmin', 'ymin', 'xmax', 'ymax', 'error',
)  # fmt: skip


def write_csv(records: Iterable[Record], stream: TextIO) -> None:
    """Write a row for each answer, caption and box.

    ``label`` is the name, answer or caption; boxes are in pixels. An image where
    nothing was found has one row without a label.

    Args:
        records: Of images; each is written at once.
        stream: Where to.
    """
    table = csv.DictWriter(stream, COLUMNS, lineterminator='\n')
    table.writeheader()
    for record in records:
        rows = list(_rows_of(record.found)) or [{}]
        table.writerows(record.header() | row for row in rows)
        stream.flush()


def _rows_of(found: dict) -> Iterator[dict]:
    for answer in found.get('answers', ()):
        yield dict(label=answer['answer'], score=answer['score'])
    if 'caption' in found:
        yield dict(label=found['caption'], score=found['caption_score'])
    keys = ('label_names', 'scores', 'bboxes')
    for name, score, box in zip(*(found.get(key, ()) for key in keys)):
        sides = dict(zip(('xmin', 'ymin', 'xmax', 'ymax'), box))
        yield dict(label=name, score=score, **sides)

"""Results for the eyes."""

from collections.abc import Iterable, Iterator
from typing import TextIO

from ..record import Record


def write_text(records: Iterable[Record], stream: TextIO) -> None:
    """Write a line for each image, and below it one for each thing found.

    Args:
        records: Of images; each is written at once.
        stream: Where to.
    """
    for record in records:
        for line in _lines_of(record):
            stream.write(line + '\n')
        stream.flush()


def _lines_of(record: Record) -> Iterator[str]:
    place = '' if record.seconds is None else f' at {record.seconds:.2f} s'
    title = f'{record.file_name}{place}'
    if record.error is not None:
        yield f'{title}: failed: {record.error}'
        return
    found = record.found
    title += f' ({record.width} x {record.height})'
    if 'caption' in found:
        title += f': {found["caption"]}'
    elif 'answers' not in found and not found.get('labels'):
        title += ': nothing found; a lower --score shows more'
    yield title
    for answer in found.get('answers', ()):
        yield f'  {answer["score"]:.2f}  {answer["answer"]}'
    keys = ('scores', 'label_names', 'bboxes')
    for score, name, box in zip(*(found.get(key, ()) for key in keys)):
        corners = ' '.join(f'{side:.0f}' for side in box)
        yield f'  {score:.2f}  {name}  [{corners}]'

"""Results as JSON."""

import json
from collections.abc import Iterable
from typing import TextIO

from ..record import Record


def write_jsonl(records: Iterable[Record], stream: TextIO) -> None:
    """Write a JSON object a line: file name, size, task, prompt, what was found.

    Args:
        records: Of images; each is written at once.
        stream: Where to.
    """
    for record in records:
        _write_line(record.to_dict(), stream)


def write_hf(records: Iterable[Record], stream: TextIO) -> None:
    """Write a JSON object a line, with ``predictions`` as of transformers' pipelines.

    Args:
        records: Of images; each is written at once.
        stream: Where to.
    """
    for record in records:
        _write_line(record.to_dict('hf'), stream)


def write_json(records: Iterable[Record], stream: TextIO) -> None:
    """Write one JSON list of all records, when the last is there.

    Args:
        records: Of images.
        stream: Where to.
    """
    whole = [record.to_dict() for record in records]
    json.dump(whole, stream, ensure_ascii=False, indent=1)
    stream.write('\n')


def _write_line(value: dict, stream: TextIO) -> None:
    stream.write(json.dumps(value, ensure_ascii=False) + '\n')
    stream.flush()

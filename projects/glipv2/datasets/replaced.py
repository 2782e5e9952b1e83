"""Files that appear whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4


@contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """Write a file under another name, and give it its own when it is complete.

    Args:
        path: The file.

    Yields:
        The open file, in bytes. After an error nothing is left of it.
    """
    part = path.with_name(f'.{uuid4().hex}.part')  # of no other process or machine
    try:
        with open(part, 'wb') as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)

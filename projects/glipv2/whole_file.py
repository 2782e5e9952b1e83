"""Files that appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

PART = '.writing'  # of a file that is not whole yet


def part_of(path: Path) -> Path:
    """Name the file in which a file is written that no other process writes."""
    return path.with_name(f'{path.name}{PART}')


@contextmanager
def replaced(path: Path, synced: bool = True) -> Iterator[BinaryIO]:
    """Write a file under another name, and give it its own when it is complete.

    Several processes may do so at once: the last one's file stays.

    Args:
        path: The file.
        synced: Whether it is brought onto the disk before it gets its name. Of many
            files each would take long; :func:`sync_all` then brings all.

    Yields:
        The open file, in bytes. After an error nothing is left of it.
    """
    part = path.with_name(f'.{uuid4().hex}{PART}')  # of no other process or machine
    try:
        with open(part, 'wb') as file:
            yield file
        if synced:
            give_name(part, path)
        else:
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a small file so that a kill leaves the old content or the new.

    Args:
        path: The file.
        content: Of it.
    """
    with replaced(path) as file:
        file.write(content)


def give_name(part: Path, path: Path) -> None:
    """Bring a complete file onto the disk, and then give it its name.

    Args:
        part: The file as it was written, in the same folder.
        path: Its name; what was there before is replaced.
    """
    sync(part)
    part.replace(path)
    sync(path.parent)


def sync_all() -> None:
    """Bring all files onto the disk that were written so far."""
    os.sync()


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, onto the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        if path.is_dir():
            with suppress(OSError):  # not every network disk can
                os.fsync(opened)
        else:
            os.fsync(opened)
    finally:
        os.close(opened)

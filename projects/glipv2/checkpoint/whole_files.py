"""Checkpoints that appear whole, with records that tell when one has changed."""

import json
from pathlib import Path

import torch

from ..weights.content import content_of
from ..whole_file import give_name, part_of, sync, write_whole

ENDING = '.sum'  # of a record, after the whole name of its file


def save_whole(path: Path, content: object) -> None:
    """Write what ``torch.save`` takes, with a record of it beside the file.

    Args:
        path: The file.
        content: Of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.save(content, part_of(path))
        publish(path)
    except OSError:
        part_of(path).unlink(missing_ok=True)
        raise


def publish(path: Path) -> None:
    """Give a written part its name, with a record of its content beside it.

    A kill at any moment leaves the old file or the new one under the name, and no
    record that belongs to another.

    Args:
        path: The name; its part is ``part_of(path)``.
    """
    part = part_of(path)
    record = json.dumps(dict(zip(('bytes', 'sha256'), content_of(part)))) + '\n'
    record_of(path).unlink(missing_ok=True)
    sync(path.parent)
    give_name(part, path)
    write_whole(record_of(path), record.encode())


def record_of(path: Path) -> Path:
    """Name the file that has the size and the SHA-256 of another."""
    return path.with_name(f'{path.name}{ENDING}')


def remove(path: Path) -> None:
    """Remove a file, if it is there, and its record."""
    record_of(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def check_record(path: Path) -> bool:
    """Compare a file with its record; one without a record passes.

    Args:
        path: The file.

    Returns:
        Whether there is a record.

    Raises:
        ValueError: If it is not what was written.
    """
    record = record_of(path)
    try:
        expected = json.loads(record.read_bytes())
        size, digest = expected['bytes'], expected['sha256']
    except FileNotFoundError:
        return False
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError(
            f'{record} is damaged; remove it to read {path.name} unchecked'
        ) from error
    if path.stat().st_size != size:
        raise ValueError(
            f'{path} is damaged: it has {path.stat().st_size} bytes, {size} were '
            f'written. Copy it again; if it was changed on purpose, remove {record}'
        )
    if content_of(path)[1] != digest:
        raise ValueError(
            f'{path} is damaged: its content is not what was written. Copy it again; '
            f'if it was changed on purpose, remove {record}'
        )
    return True

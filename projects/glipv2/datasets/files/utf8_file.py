"""Text files of any encoding, gzip included, as UTF-8."""

import codecs
import gzip
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from json import detect_encoding
from pathlib import Path
from typing import BinaryIO

from ...data_page import missing_data
from .json_file import GZIP_START
from .kept_file import kept_file


def utf8_file(path: Path, waits: bool = True) -> Path:
    """Find a file of JSON as UTF-8, by whose bytes it can be indexed.

    Args:
        path: The file: UTF-8, UTF-16 or UTF-32, with or without a mark at its start,
            maybe compressed by gzip.
        waits: As for :func:`kept_file`.

    Returns:
        The file itself, or, if it is not plain UTF-8, a copy that is kept.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged.
    """
    if not path.is_file():
        raise missing_data(path)
    with open(path, 'rb') as file:
        zipped = file.read(len(GZIP_START)) == GZIP_START
    with _whole(path), _opened(path, zipped) as file:
        encoding = detect_encoding(file.read(4))
    if not zipped and encoding.startswith('utf-8'):
        return path
    return kept_file((path,), '.utf8', partial(_copy, path, zipped, encoding), waits)


def _opened(path: Path, zipped: bool) -> BinaryIO:
    return gzip.open(path) if zipped else open(path, 'rb')


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Say which file is damaged; its OSErrors would mean another place for the copy."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f'{path} is no whole gzip file: {error}') from error
    except UnicodeError as error:
        raise ValueError(f'{path} is damaged text: {error}') from error


def _copy(path: Path, zipped: bool, encoding: str, out: BinaryIO) -> None:
    with _whole(path), _opened(path, zipped) as file:
        shutil.copyfileobj(codecs.EncodedFile(file, 'utf-8', encoding), out)

"""JSON files of any encoding, with one line for what is none."""

import gzip
import json
import zlib

from ...data_page import missing_data
from ...progress import working

GZIP_START = b'\x1f\x8b'
NOT_JSON = (ValueError, RecursionError, EOFError, gzip.BadGzipFile, zlib.error)


def read_json(path: str, name: str | None = None) -> object:
    """Read a JSON file: UTF-8, 16 or 32, with or without a byte order mark, or gzip.

    Args:
        path: The file.
        name: What errors call it; None: its path.

    Returns:
        Its content.

    Raises:
        OSError: If there is no such file (says how a public set's is had), or it
            cannot be read.
        ValueError: If it is no JSON.
    """
    with working(f'Reading {name or path}'):
        return _read(path, name or path)


def _read(path: str, name: str) -> object:
    try:
        with open(path, 'rb') as file:
            data = file.read()
    except FileNotFoundError:
        raise missing_data(path) from None
    try:
        if data.startswith(GZIP_START):
            data = gzip.decompress(data)
        text = data.decode(json.detect_encoding(data))
        del data  # files may be large, and their content is larger still
        return json.loads(text)
    except NOT_JSON as error:
        raise ValueError(f'{name} is not valid JSON: {error}') from error


def is_plain_json(path: str) -> bool:
    """Check whether any reader can read a JSON file: UTF-8 without a mark, not packed.

    Args:
        path: The file.

    Returns:
        Whether it begins so.
    """
    with open(path, 'rb') as file:
        start = file.read(4)
    return not start.startswith(GZIP_START) and json.detect_encoding(start) == 'utf-8'

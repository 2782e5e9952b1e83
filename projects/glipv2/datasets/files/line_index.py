"""An index of the lines of a large file, for random access."""

from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .file_parts import FileParts
from .kept_file import kept_file
from .list_items import list_items
from .utf8_file import utf8_file

BLOCK_BYTES = 1 << 24  # read at once while a file is indexed
NEWLINE, RETURN = b'\n\r'
FIRST_BYTES = 1 << 12  # enough to tell lines from a list


class LineIndex:
    """The lines of a text file, or the objects of a JSON list, read one at a time.

    A file is scanned once, by one process. The byte offsets are stored beside it (or
    in the user's cache, if that folder is read-only) and memory-mapped, so all
    processes share them. Empty lines do not count. A JSON list, and objects over
    several lines, count by object.

    Args:
        path: The file; of another encoding than UTF-8, or compressed by gzip, it is
            read from a copy (:func:`utf8_file`).
        waits: As for :func:`kept_file`.

    Raises:
        FileNotFoundError: If there is no such file.
        OSError: If the index can be written nowhere.
        ValueError: If the file is a damaged list.
    """

    def __init__(self, path: str | Path, waits: bool = True) -> None:
        self.path = Path(path)
        text = utf8_file(self.path, waits)
        self._holds_lines = _holds_lines(text)
        ending, scan = (
            ('.lines', _scan_lines) if self._holds_lines else ('.items', _scan_items)
        )
        table = kept_file((text,), ending, partial(scan, text), waits)
        self._parts = FileParts(text, table)

    def __len__(self) -> int:
        return len(self._parts)

    def __getitem__(self, index: int) -> bytes:
        """Read a line.

        Args:
            index: Index of the line.

        Returns:
            Its bytes, without the line break.
        """
        return self._parts[index]

    def __getstate__(self) -> dict:
        return dict(path=self.path, waits=False)  # a worker maps the stored index

    def __setstate__(self, state: dict) -> None:
        self.__init__(**state)

    def line_number(self, index: int) -> int:
        """Compute the number, from 1, that editors show for a line, for errors."""
        start, number = int(self._parts.rows[index][0]), 1
        lengths = np.diff(self._parts.rows[:index]).sum()
        if start == lengths + index:  # no empty lines before it
            return index + 1
        with open(self._parts.path, 'rb') as file:
            while start > 0:
                block = file.read(min(BLOCK_BYTES, start))
                number += block.count(b'\n')
                start -= len(block)
        return number

    def place(self, index: int) -> str:
        """Name a line or an object, for errors."""
        if self._holds_lines:
            return f'line {self.line_number(index)}'
        return f'item {index + 1} of the list'


def _holds_lines(path: Path) -> bool:
    """Tell lines from a list, or an object whose first line is its bracket."""
    with open(path, 'rb') as file:
        start = file.read(FIRST_BYTES).removeprefix(b'\xef\xbb\xbf').lstrip()
    return not start.startswith(b'[') and start.split(b'\n')[0].strip() != b'{'


def _scan_items(path: Path, out: BinaryIO) -> None:
    for start, end, _ in list_items(path):
        np.array([start, end], np.int64).tofile(out)


def _scan_lines(path: Path, out: BinaryIO) -> None:
    """Write start and end of every line that is not empty, block by block."""
    position = start = 0
    last = b'\n'
    with open(path, 'rb') as file:
        while block := file.read(BLOCK_BYTES):
            breaks = np.flatnonzero(np.frombuffer(block, np.uint8) == NEWLINE)
            ends = breaks + position
            starts = np.concatenate(([start], ends + 1))
            spans = np.stack((starts[:-1], ends), 1)
            codes = np.frombuffer(last + block, np.uint8)
            returns = codes[breaks] == RETURN  # before the break
            lengths = spans[:, 1] - spans[:, 0]
            spans[lengths > returns].astype(np.int64).tofile(out)
            start, position = int(starts[-1]), position + len(block)
            last = block[-1:]
    if position > start:
        np.array([start, position], np.int64).tofile(out)

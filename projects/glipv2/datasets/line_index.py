"""An index of the lines of a large file, for random access."""

import hashlib
import os
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import numpy as np

BLOCK_BYTES = 1 << 24  # read at once while a file is indexed
NEWLINE = ord('\n')


class LineIndex:
    """The lines of a text file, read one at a time.

    A file is scanned once. The byte offsets of its lines are stored beside it (or in
    the user's cache, if that folder is read-only) and memory-mapped, so all processes
    share them. Empty lines do not count.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: If there is no such file.
        OSError: If the index can be written nowhere.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise FileNotFoundError(f'there is no file {self.path}')
        self._spans = self._load()  # (lines, 2): start and end in bytes

    def __len__(self) -> int:
        return len(self._spans)

    def __getitem__(self, index: int) -> bytes:
        """Read a line.

        Args:
            index: Index of the line.

        Returns:
            Its bytes, without the line break.
        """
        start, end = self._spans[index]
        with open(self.path, 'rb') as file:
            file.seek(start)
            return file.read(end - start)

    def __getstate__(self) -> dict:
        return {'path': self.path}  # a worker maps the stored index itself

    def __setstate__(self, state: dict) -> None:
        self.__init__(state['path'])

    def line_number(self, index: int) -> int:
        """Compute the number, from 1, that editors show for a line, for errors."""
        start, number = int(self._spans[index][0]), 1
        with open(self.path, 'rb') as file:
            while start > 0:
                block = file.read(min(BLOCK_BYTES, start))
                number += block.count(b'\n')
                start -= len(block)
        return number

    def _load(self) -> np.ndarray:
        state = self.path.stat()
        name = f'{self.path.name}.{state.st_size}-{state.st_mtime_ns}.lines'
        stores = (self.path.parent / f'.{name}', _cache_folder(self.path) / name)
        for store in stores:
            if store.is_file():
                return _map(store)
        for store in stores:
            # Containers that share a disk share process numbers, too.
            part = store.with_name(f'{store.name}.{uuid4().hex}.part')
            try:
                store.parent.mkdir(parents=True, exist_ok=True)
                with open(part, 'wb') as file:
                    _scan(self.path, file)
                part.replace(store)
            except OSError:
                part.unlink(missing_ok=True)
                continue
            return _map(store)
        raise OSError(
            f'the index of the lines of {self.path} cannot be stored: neither '
            f'{stores[0].parent} nor {stores[1].parent} can be written to'
        )


def _map(store: Path) -> np.ndarray:
    if store.stat().st_size == 0:  # cannot be mapped
        return np.zeros((0, 2), np.int64)
    return np.memmap(store, np.int64, 'r').reshape(-1, 2)


def _scan(path: Path, out: BinaryIO) -> None:
    """Write start and end of every line that is not empty, block by block."""
    position = start = 0
    with open(path, 'rb') as file:
        while block := file.read(BLOCK_BYTES):
            breaks = np.flatnonzero(np.frombuffer(block, np.uint8) == NEWLINE)
            ends = breaks + position
            starts = np.concatenate(([start], ends + 1))
            spans = np.stack((starts[:-1], ends), 1)
            spans[spans[:, 1] > spans[:, 0]].astype(np.int64).tofile(out)
            start, position = int(starts[-1]), position + len(block)
    if position > start:
        np.array([start, position], np.int64).tofile(out)


def _cache_folder(path: Path) -> Path:
    root = Path(os.environ.get('XDG_CACHE_HOME', Path.home() / '.cache'))
    folder = hashlib.sha256(str(path.resolve().parent).encode()).hexdigest()[:16]
    return root / 'glipv2' / folder

"""Parts of a large file, read one at a time."""

import os
from pathlib import Path

import numpy as np


class FileParts:
    """The parts of a file, by a stored table of their places.

    The table is memory-mapped, so all processes share it; each opens the file once.

    Args:
        path: The file.
        table: The places, or a file of them: int64, start and end in bytes.
        width: Numbers in a row of the table.
        column: Where in a row start and end are.
    """

    def __init__(
        self, path: Path, table: Path | np.ndarray, width: int = 2, column: int = 0
    ) -> None:
        self._state = (path, table, width, column)
        self.path, self.column = path, column
        if isinstance(table, np.ndarray):
            self.rows = table
        elif table.stat().st_size:
            self.rows = np.memmap(table, np.int64, 'r').reshape(-1, width)
        else:  # cannot be mapped
            self.rows = np.zeros((0, width), np.int64)
        self._file = open(path, 'rb', buffering=0)  # noqa: SIM115 (stays open)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> bytes:
        """Read the part of a row."""
        start, end = self.rows[index, self.column : self.column + 2].tolist()
        # Without a position, which forked processes would share.
        return os.pread(self._file.fileno(), end - start, start)

    def __getstate__(self) -> tuple:
        return self._state

    def __setstate__(self, state: tuple) -> None:
        self.__init__(*state)

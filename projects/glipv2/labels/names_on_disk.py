"""Many names, kept on the disk: memory does not grow with them."""

import os
import sqlite3
from collections.abc import Iterator


class NamesOnDisk:
    """A set of names, in a temporary file that nobody else sees.

    SQLite keeps two megabytes of it in memory; the file goes with the object.
    """

    def __init__(self) -> None:
        self._file = sqlite3.connect('')  # of no name: a temporary one
        self._file.execute('CREATE TABLE names (name BLOB PRIMARY KEY) WITHOUT ROWID')
        self._adds = self._file.cursor()  # one: sqlite3 remembers hundreds of old ones

    def add(self, name: str) -> bool:
        """Add a name.

        Args:
            name: Any text, also a file name of no known encoding.

        Returns:
            Whether it is new.
        """
        self._adds.execute(
            'INSERT OR IGNORE INTO names VALUES (?)', (os.fsencode(name),)
        )
        return self._adds.rowcount == 1

    def __iter__(self) -> Iterator[str]:
        """Go through the names, in the order of their letters."""
        for (name,) in self._file.execute('SELECT name FROM names ORDER BY name'):
            yield os.fsdecode(name)

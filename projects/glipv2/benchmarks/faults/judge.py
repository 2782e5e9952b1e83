"""A judge of what acts: Python's audit events while a file is read as data."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# What no reading of data does.
ACTS = re.compile(
    r'os\.(system|exec|spawn|posix_spawn|fork|remove|rename|rmdir|mkdir|chmod|putenv)'
    r'|subprocess\.|socket\.|shutil\.|urllib\.|webbrowser\.|ctypes\.|exec$|import$'
    r'|pickle\.find_class$'
)
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
acted: list[tuple] = []
_watching: list[bool] = []
_installed: list[bool] = []  # a hook cannot be taken out again


def _audit(event: str, arguments: tuple) -> None:
    """Note what acts; a module that is there already is not imported again."""
    if not _watching:
        return
    if event == 'open':
        # The null device is where libraries send what they print.
        if arguments[2] & WRITES and arguments[0] != os.devnull:
            acted.append((event, arguments))
    elif ACTS.match(event):
        if event == 'import' and arguments[0] in sys.modules:
            return
        acted.append((event, arguments))


@contextmanager
def nothing_acts() -> Iterator[None]:
    """Raise an error if anything in the block acts; what only reads is free.

    Raises:
        AssertionError: If something does (names it).
    """
    if not _installed:
        sys.addaudithook(_audit)
        _installed.append(True)
    acted.clear()
    _watching.append(True)
    try:
        yield
    finally:
        _watching.pop()
    if acted:
        raise AssertionError(str(acted[:3]))

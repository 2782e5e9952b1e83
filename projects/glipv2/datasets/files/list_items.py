"""The items of a list in a large JSON file, one at a time."""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

BLOCK_BYTES = 1 << 22  # read at once, and doubled while an item does not end
BLANKS = re.compile(r'[ \t\r\n]*')
SEPARATORS = re.compile(r'[ \t\r\n,]*')
DECODER = json.JSONDecoder()

Part = tuple[int, int, object]  # start, end in bytes; the parsed value


def list_items(
    path: Path, key: str | None = None, needs_list: bool = False
) -> Iterator[Part]:
    """Read the items of a list without holding the file.

    Args:
        path: A UTF-8 file (:func:`utf8_file`).
        key: The list's name in the object that the file holds; None: the file holds
            the list itself, or objects one after the other.
        needs_list: Whether objects one after the other are refused.

    Yields:
        Start and end of an item in bytes, and its value.

    Raises:
        ValueError: If the file is no JSON or has no such list (``NoListError``).
    """
    with open(path, 'rb') as file:
        text = _Text(path, file)
        if key is None:
            is_list = text.skips('[')
            if needs_list and not is_list:
                raise ValueError(f'{path} must hold a list')
            yield from text.items(']' if is_list else '')
            return
        others = set()
        found = text.skips('{')
        while found and not text.skips('}'):
            name = text.value()[2]
            text.skips(':')
            if not text.skips('['):
                text.value()
            elif name == key:
                yield from text.items(']')
                return
            else:
                others.add(name)
                for _ in text.items(']'):  # without holding it
                    pass
                text.skips(']')
            text.skip(SEPARATORS)
        raise NoListError(path, key, others)


class NoListError(ValueError):
    """A file lacks a list; ``others`` are the lists that it has."""

    def __init__(self, path: Path, key: str, others: set[str]) -> None:
        super().__init__(f'{path} has no list {key!r}')
        self.others = others


class _Text:
    """A window on the file; Latin-1, so that places of characters are of bytes."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path, self.file = path, file
        is_marked = file.read(len(BOM_UTF8)) == BOM_UTF8
        self.window, self.start, self.place = '', len(BOM_UTF8) * is_marked, 0
        file.seek(self.start)
        self.more(BLOCK_BYTES)

    def more(self, size: int) -> bool:
        """Read on; whether there was more."""
        block = self.file.read(size).decode('latin-1')
        self.window = self.window[self.place :] + block
        self.start, self.place = self.start + self.place, 0
        return bool(block)

    def skip(self, pattern: re.Pattern) -> str:
        """Skip what fits, and show the character after it; '' at the end."""
        while True:
            match = pattern.match(self.window, self.place)
            self.place = match.end() if match else self.place
            if self.place < len(self.window) or not self.more(BLOCK_BYTES):
                return self.window[self.place : self.place + 1]

    def skips(self, mark: str) -> bool:
        """Skip a mark, if it comes next."""
        found = self.skip(BLANKS) == mark
        self.place += found
        return found

    def items(self, end: str) -> Iterator[Part]:
        """Read values up to the mark that ends them."""
        number = 0
        while self.skip(SEPARATORS) != end:
            number += 1
            yield self.value(f', item {number} of the list')

    def value(self, name: str = '') -> Part:
        """Read a value."""
        self.skip(BLANKS)
        size = BLOCK_BYTES
        while True:
            try:
                value, end = DECODER.raw_decode(self.window, self.place)
            except json.JSONDecodeError as error:
                where = self.start + error.pos
                if self.more(size):
                    size *= 2
                    continue
                raise ValueError(
                    f'{self.path}{name} is not valid JSON: {error.msg}, byte {where}'
                ) from error
            if end < len(self.window) or not self.more(size):
                break
        text, start = self.window[self.place : end], self.start + self.place
        self.place = end
        if not text.isascii():
            try:
                value = json.loads(text.encode('latin-1'))
            except UnicodeDecodeError as error:
                raise ValueError(f'{self.path}{name} is not UTF-8: {error}') from error
        return start, start + len(text), value

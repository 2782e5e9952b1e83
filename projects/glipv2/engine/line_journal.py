"""Results of a long job over the lines of a file; a kill at any moment loses none."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from ..whole_file import replaced


class LineJournal:
    """Keeps one result per line of an input file, from several processes.

    Each process appends to a file of its own; a result counts once its line is
    complete. What a kill cut off is removed before the process appends again, so that
    no line is lost or there twice. At the end all are merged in the input's order.

    Args:
        out: The final file; parts are written beside it.
        rank: Of this process.
    """

    def __init__(self, out: Path, rank: int = 0) -> None:
        self.out = out
        self.own = out.with_name(f'{out.name}.part-{rank}')
        out.parent.mkdir(parents=True, exist_ok=True)
        if self.own.is_file():
            _cut_unfinished_line(self.own)

    def done(self, lines: int) -> np.ndarray:
        """Find the lines that have a result, of any process.

        Args:
            lines: Lines of the input.

        Returns:
            (lines,) bool.
        """
        finished = np.zeros(lines, dtype=bool)
        for line, _, _ in self._entries():
            finished[line] = True
        return finished

    def write(self, results: Iterable[tuple[int, dict]]) -> None:
        """Append results; they are on the disk when this returns.

        Args:
            results: Numbers of lines and what to keep for each.
        """
        text = ''.join(
            json.dumps([line, result], ensure_ascii=False) + '\n'
            for line, result in results
        )
        with open(self.own, 'ab') as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())

    def merge(self, skipped: Path) -> tuple[int, int]:
        """Write the final files in the input's order and remove the parts.

        Args:
            skipped: File for results that have the key ``'skipped'``.

        Returns:
            How many went into the final file, and how many into ``skipped``.
        """
        parts, counts = self._parts(), [0, 0]
        part_of, starts = self._places(parts)
        with ExitStack() as opened:
            # The final file is closed last: where it is, the job is done.
            files = [opened.enter_context(replaced(x)) for x in (self.out, skipped)]
            readers = [opened.enter_context(open(part, 'rb')) for part in parts]
            for line, part in enumerate(part_of):
                if part < 0:
                    continue
                reader = readers[part]
                reader.seek(starts[line])
                _, result = json.loads(reader.readline())
                kind = int('skipped' in result)
                text = json.dumps(result, ensure_ascii=False) + '\n'
                files[kind].write(text.encode())
                counts[kind] += 1
        for part in parts:
            part.unlink()
        return counts[0], counts[1]

    def results(self) -> Iterator[tuple[int, dict]]:
        """Read what was written.

        Yields:
            Numbers of lines and their results.
        """
        for _, part, start in self._entries():
            with open(part, 'rb') as file:
                file.seek(start)
                yield tuple(json.loads(file.readline()))

    def _places(self, parts: list[Path]) -> tuple[np.ndarray, np.ndarray]:
        """Find each line's part (-1: none has it) and where it begins there."""
        most = max((line for line, _, _ in self._entries()), default=-1)
        numbers = {part: number for number, part in enumerate(parts)}
        part_of = np.full(most + 1, -1, np.int16)
        starts = np.zeros(most + 1, np.int64)
        for line, part, start in self._entries():
            part_of[line], starts[line] = numbers[part], start
        return part_of, starts

    def _parts(self) -> list[Path]:
        return sorted(self.out.parent.glob(f'{self.out.name}.part-*'))

    def _entries(self) -> Iterator[tuple[int, Path, int]]:
        """List line numbers and where their results begin in which part."""
        for part in self._parts():
            start = 0
            with open(part, 'rb') as file:
                for text in file:
                    if text.endswith(b'\n'):  # else another process is writing it
                        yield json.loads(text)[0], part, start
                    start += len(text)


def _cut_unfinished_line(path: Path) -> None:
    with open(path, 'rb+') as file:
        content_end = file.seek(0, os.SEEK_END)
        position = content_end
        while position > 0:
            step = min(1 << 16, position)
            file.seek(position - step)
            last = file.read(step).rfind(b'\n')
            if last >= 0:
                file.truncate(position - step + last + 1)
                return
            position -= step
        file.truncate(0)

"""Items of a data set that cannot be used: they stop the run, or are skipped."""

import logging
from collections import deque
from collections.abc import Hashable

import torch
from mmengine.logging import print_log
from torch.utils.data import get_worker_info

ON_BAD = ('error', 'skip')
MOST_WORKERS = 256  # beyond, workers share a counter
WINDOW = 10_000  # items over which the share of bad ones is measured; our choice


class BadItems:
    """A base of data sets and transforms that may skip items.

    ``num_skipped`` counts the skipped items of a process and its workers.
    """

    def set_on_bad(self, on_bad: str) -> None:
        """Choose what happens to a bad item.

        Args:
            on_bad: ``'error'``: it stops the run; ``'skip'``: it is left out.

        Raises:
            ValueError: If ``on_bad`` is another word.
        """
        if on_bad not in ON_BAD:
            raise ValueError(f'on_bad must be one of {ON_BAD}, not {on_bad!r}')
        self.on_bad = on_bad
        # One count per worker, so that none overwrites another's.
        self._counts = torch.zeros(MOST_WORKERS, dtype=torch.int64)
        if on_bad == 'skip':
            self._counts.share_memory_()
        self._logged: set[Hashable] = set()

    @property
    def num_skipped(self) -> int:
        """How many items were skipped."""
        return int(self._counts.sum())

    def count_skipped(self, item: Hashable, reason: object, number: int = 1) -> None:
        """Count a skipped item, and log it once.

        Args:
            item: Tells items apart.
            reason: What is wrong with it, for the log.
            number: How many items it stands for.
        """
        worker = get_worker_info()
        place = 0 if worker is None else (worker.id + 1) % MOST_WORKERS
        self._counts[place] += number
        self.log_once(item, f'skipped: {reason} ({self.num_skipped} skipped so far)')

    def log_once(self, item: Hashable, message: str) -> None:
        """Log a warning about an item, once per process.

        Args:
            item: Tells items apart.
            message: The warning.
        """
        if item not in self._logged:
            self._logged.add(item)
            print_log(message, logger='current', level=logging.WARNING)


class ShareOfBad:
    """Notices that too many of the last items were bad, as when a mount is missing.

    It counts in one process: each worker of a ``DataLoader`` has its own.

    Args:
        most: Most bad items of the last ``WINDOW``, as a share. Items not yet read
            count as good, so a missing folder is noticed after ``most * WINDOW``.
    """

    def __init__(self, most: float) -> None:
        self.most = most
        self._read = 0
        self._bad: deque[int] = deque()

    def add(self, is_bad: bool) -> bool:
        """Count an item.

        Args:
            is_bad: Whether it is bad.

        Returns:
            Whether the share is exceeded.
        """
        self._read += 1
        if not is_bad:
            return False
        self._bad.append(self._read)
        while self._bad[0] <= self._read - WINDOW:
            self._bad.popleft()
        return len(self._bad) > self.most * WINDOW

    def __str__(self) -> str:
        return f'{len(self._bad)} of the last {min(self._read, WINDOW)}'

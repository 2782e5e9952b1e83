"""Items of a data set that cannot be used: they stop the run, or are skipped."""

import logging
from collections.abc import Hashable

from mmengine.logging import print_log

ON_BAD = ('error', 'skip')


class BadItems:
    """A base of data sets and transforms that may skip items.

    ``num_skipped`` counts the skipped items of a process.
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
        self.num_skipped = 0
        self._logged: set[Hashable] = set()

    def count_skipped(self, item: Hashable, reason: object) -> None:
        """Count a skipped item, and log it once.

        Args:
            item: Tells items apart.
            reason: What is wrong with it, for the log.
        """
        self.num_skipped += 1
        if item not in self._logged:
            self._logged.add(item)
            print_log(
                f'skipped: {reason} ({self.num_skipped} skipped so far)',
                logger='current',
                level=logging.WARNING,
            )

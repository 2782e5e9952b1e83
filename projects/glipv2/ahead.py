"""Iterators that compute their next item while the last one is used."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar('Item')
END = object()


def read_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Go over items; a thread has the next one ready.

    Decoding leaves Python's lock, so it overlaps with a model. Not for the model
    itself: autocast and the like belong to a thread. At most two items wait.

    Args:
        items: What is gone over, in one thread only.

    Yields:
        The items, in order; what they raise is raised in their place.
    """
    iterator = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix='ahead') as thread:
        coming = thread.submit(next, iterator, END)
        try:
            while (item := coming.result()) is not END:
                coming = thread.submit(next, iterator, END)
                yield item
        finally:  # of a loop that is left early, too
            coming.cancel()
            if hasattr(iterator, 'close'):
                thread.submit(iterator.close).result()

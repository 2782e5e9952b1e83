"""Iterators that compute their next item while the last one is used."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar('Item')
END = object()


def read_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Go over items; a thread has the next one ready.

    Decoding, tensors and drawing leave Python's lock, so that stages which are chained
    by this overlap. At most two items wait.

    Args:
        items: What is gone over, in one thread only.

    Yields:
        The items, in order; what they raise is raised in their place.
    """
    iterator = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix='ahead') as thread:
        waiting = deque([thread.submit(next, iterator, END)])
        try:
            while (item := waiting.popleft().result()) is not END:
                waiting.append(thread.submit(next, iterator, END))
                yield item
        finally:  # of a loop that is left early, too
            for future in waiting:
                future.cancel()
            if hasattr(iterator, 'close'):
                thread.submit(iterator.close).result()

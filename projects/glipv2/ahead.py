"""Iterators that work in a thread: ahead of a loop, or behind it."""

import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock
from typing import TypeVar

Item = TypeVar('Item')
Found = TypeVar('Found')
END = object()
# Seconds until Python takes its lock from a thread that another waits for. Models give
# the lock away in each operation, and waited up to Python's usual 5 ms to go on.
SOON = 5e-5


class QuickSwitches:
    """Lets threads take turns soon, while one of them at least is wanted."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._wanted = 0
        self._usual = 0.0

    def __enter__(self) -> None:
        with self._lock:
            if not self._wanted:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(min(self._usual, SOON))
            self._wanted += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._wanted -= 1
            if not self._wanted:
                sys.setswitchinterval(self._usual)


QUICK_SWITCHES = QuickSwitches()


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
    with QUICK_SWITCHES, ThreadPoolExecutor(1, thread_name_prefix='ahead') as thread:
        coming = thread.submit(next, iterator, END)
        try:
            while (item := coming.result()) is not END:
                coming = thread.submit(next, iterator, END)
                yield item
        finally:  # of a loop that is left early, too
            coming.cancel()
            if hasattr(iterator, 'close'):
                thread.submit(iterator.close).result()


def do_behind(
    function: Callable[..., Found], calls: Iterable[tuple], most: int = 2
) -> Iterator[Found]:
    """Call a function in a thread, while what the next call takes is computed.

    Drawing and writing overlap with a model, which computes in the thread that goes
    over the results.

    Args:
        function: Such as one that draws and writes.
        calls: Its arguments, call by call; gone over here.
        most: Calls that may wait.

    Yields:
        What it returns, in order; what it raises is raised in the place of that. An
        error of the calls comes when those before it are done.
    """
    waiting: deque[Future] = deque()
    with QUICK_SWITCHES, ThreadPoolExecutor(1, thread_name_prefix='behind') as thread:
        try:
            for arguments in _after(waiting, calls):
                waiting.append(thread.submit(function, *arguments))
                while waiting and (waiting[0].done() or len(waiting) > most):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # of a loop that is left early, or of an error
            for each in waiting:
                each.cancel()


def _after(waiting: Collection[Future], items: Iterable[Item]) -> Iterator[Item]:
    """Go over items; an error of theirs, or Ctrl-C, comes after what waits."""
    try:
        yield from items
    except GeneratorExit:
        raise
    except BaseException:
        wait(waiting)
        raise

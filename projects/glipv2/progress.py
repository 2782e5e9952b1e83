"""Progress of whatever takes more than a few seconds, on standard error."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event, Thread
from time import monotonic
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress

Item = TypeVar('Item')
# Our choice: seconds without a line, at first and later, and a share that has one.
PATIENCE = 5.0
SILENCE = 30.0
TENTH = 0.1
_is_shown = ContextVar('_is_shown', default=True)


def progress(
    items: Iterable[Item],
    what: str,
    total: int | None = None,
    size: Callable[[Item], int] = lambda item: 1,
) -> Iterator[Item]:
    """Show how far a loop is: a bar on a terminal, elsewhere a line every 10 %.

    Elsewhere the first line comes after five seconds, and the next after half a minute
    at the latest.

    Args:
        items: What the loop goes over.
        what: A word or two, such as ``'Images'``.
        total: Sum of all sizes; None: unknown.
        size: Of an item.

    Yields:
        The items.
    """
    if not _is_shown.get():
        yield from items
        return
    console = Console(stderr=True)
    if console.is_terminal:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task(what, total=total)
            for item in items:
                yield item
                bar.update(task, advance=size(item))
        return
    done, shown, next_line = 0, 0, monotonic() + PATIENCE
    of_all = '' if total is None else f' of {total}'
    for item in items:
        yield item
        done += size(item)
        if monotonic() < next_line and not _is_tenth(done, shown, total):
            continue
        shown, next_line = done, monotonic() + SILENCE
        print(f'{what}: {done}{of_all}', file=sys.stderr, flush=True)


def _is_tenth(done: int, shown: int, total: int | None) -> bool:
    """Whether a loop that has had a line is a tenth further, or at its end."""
    if not shown or total is None:
        return False
    return done - shown >= TENTH * total or (done >= total and done > shown)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Say what takes long and cannot be counted: after five seconds, then now and then.

    Args:
        what: Such as ``'Reading instances_train2017.json'``.
    """
    if not _is_shown.get():
        yield
        return
    done, start = Event(), monotonic()

    def tell() -> None:
        patience = PATIENCE
        while not done.wait(patience):
            patience = SILENCE
            seconds = monotonic() - start
            print(f'{what}: {seconds:.0f} s', file=sys.stderr, flush=True)

    teller = Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


@contextmanager
def no_progress() -> Iterator[None]:
    """Show nothing meanwhile, in this thread."""
    token = _is_shown.set(False)
    try:
        yield
    finally:
        _is_shown.reset(token)

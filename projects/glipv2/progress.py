"""Progress of whatever takes more than a few seconds, on standard error."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress

Item = TypeVar('Item')
PATIENCE = 5.0  # s without a line; our choice
TENTH = 0.1
_is_shown = ContextVar('_is_shown', default=True)


def progress(
    items: Iterable[Item],
    what: str,
    total: int | None = None,
    size: Callable[[Item], int] = lambda item: 1,
) -> Iterator[Item]:
    """Show how far a loop is: a bar on a terminal, elsewhere a line every 10 %.

    Args:
        items: What the loop goes over.
        what: A word or two, such as ``'Images'``.
        total: Sum of all sizes; None: unknown, and elsewhere no line.
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
    start, done, shown = monotonic(), 0, 0.0
    for item in items:
        yield item
        done += size(item)
        if not total or monotonic() - start < PATIENCE:
            continue
        if done / total - shown >= TENTH or (shown and done == total):
            shown = done / total
            print(f'{what}: {done} of {total}', file=sys.stderr, flush=True)


@contextmanager
def no_progress() -> Iterator[None]:
    """Show nothing meanwhile, in this thread."""
    token = _is_shown.set(False)
    try:
        yield
    finally:
        _is_shown.reset(token)

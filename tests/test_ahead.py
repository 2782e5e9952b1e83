"""read_ahead: the next item is computed while the last one is used."""

import threading
import time
from collections.abc import Iterator

import pytest

from glipv2.ahead import read_ahead


def names_of_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


def test_items_come_in_order_and_overlap_with_their_use() -> None:
    reached = threading.Event()

    def items() -> Iterator[int]:
        yield 0
        reached.set()  # while the loop below still uses item 0
        yield from range(1, 50)

    found = []
    for item in read_ahead(items()):
        assert item or reached.wait(10)
        found.append(item)
    assert found == list(range(50))


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError('the third cannot be read')

    found = []
    with pytest.raises(OSError, match='the third cannot be read'):
        for item in read_ahead(items()):
            found.append(item)
    assert found == [1]


@pytest.mark.parametrize('stages', [1, 3])
def test_a_loop_that_is_left_early_closes_all_stages(stages: int) -> None:
    closed = []

    def items() -> Iterator[int]:
        try:
            number = 0
            while True:
                number += 1
                yield number
        finally:
            closed.append(threading.current_thread().name)

    chained: Iterator[int] = items()
    for _ in range(stages):
        chained = read_ahead(x for x in chained)
    for item in chained:
        if item == 3:
            break
    chained.close()
    assert len(closed) == 1
    deadline = time.monotonic() + 10
    while any(name.startswith('ahead') for name in names_of_threads()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_no_more_than_two_items_wait() -> None:
    made = []
    for used in read_ahead(made.append(n) or n for n in range(20)):
        time.sleep(0.01)
        assert len(made) <= used + 3

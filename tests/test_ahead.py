"""Threads ahead of a loop and behind it: work overlaps, in order, and ends with it."""

import sys
import threading
import time
from collections.abc import Iterator

import pytest

from glipv2.ahead import do_behind, read_ahead


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


def test_calls_overlap_with_what_the_next_takes() -> None:
    asked = threading.Event()

    def calls() -> Iterator[tuple[int]]:
        yield (0,)
        asked.set()  # while the call of 0 is not done
        for number in range(1, 30):
            yield (number,)

    def square(number: int) -> int:
        assert asked.wait(10)
        assert threading.current_thread() is not threading.main_thread()
        return number**2

    assert list(do_behind(square, calls())) == [number**2 for number in range(30)]


@pytest.mark.parametrize('most', [1, 4])
def test_no_more_calls_wait_than_told(most: int) -> None:
    done, made = [], []

    def work(number: int) -> None:
        time.sleep(0.005)
        done.append(number)

    def calls() -> Iterator[tuple[int]]:
        for number in range(20):
            made.append(number)
            assert len(made) <= len(done) + most + 2
            yield (number,)

    assert list(do_behind(work, calls(), most)) == [None] * 20
    assert done == made == list(range(20))


def test_errors_of_calls_and_of_what_they_take() -> None:
    def work(number: int) -> int:
        if number == 2:
            raise OSError('the disk is full')
        return number

    found = []
    with pytest.raises(OSError, match='the disk is full'):
        for result in do_behind(work, ((number,) for number in range(9))):
            found.append(result)
    assert found == [0, 1]

    def calls() -> Iterator[tuple[int]]:
        yield (0,)
        raise ValueError('no image')

    with pytest.raises(ValueError, match='no image'):
        list(do_behind(work, calls()))


def test_ctrl_c_comes_when_the_calls_before_it_are_done() -> None:
    stopped, done = threading.Event(), []

    def work(number: int) -> None:
        assert stopped.wait(10)
        done.append(number)

    def calls() -> Iterator[tuple[int]]:
        yield (0,)
        yield (1,)
        stopped.set()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(do_behind(work, calls()))
    assert done == [0, 1]


def test_a_loop_that_is_left_does_no_further_calls() -> None:
    done = []
    results = do_behind(done.append, ((number,) for number in range(100)))
    for _ in results:
        break
    results.close()
    assert len(done) <= 4


def test_threads_take_turns_soon_until_the_last_loop_ends() -> None:
    usual = sys.getswitchinterval()
    outer, inner = read_ahead(range(3)), do_behind(int, ((n,) for n in range(9)))
    next(outer), next(inner)
    assert sys.getswitchinterval() < usual
    outer.close()
    assert sys.getswitchinterval() < usual
    inner.close()
    assert sys.getswitchinterval() == usual

"""A bounded memory: what stays, what goes, and threads."""

import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest

from glipv2.text.lru_cache import LRUCache


def test_the_value_not_used_for_longest_makes_room() -> None:
    memory = LRUCache(2)
    made = []

    def make(key: str) -> Callable[[], str]:
        return lambda: made.append(key) or key.upper()

    for key in 'abacab':
        assert memory.get_or_make(key, make(key)) == key.upper()
    assert made == ['a', 'b', 'c', 'b']
    assert len(memory) == 2
    assert memory.get('c') is None
    assert LRUCache(0).get_or_make('a', make('a')) == 'A'


@pytest.mark.parametrize('copy', [deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_starts_empty(copy: Callable) -> None:
    memory = LRUCache(2)
    memory.put('a', 1)
    assert len(copy(memory)) == 0
    assert copy(memory).size == 2


def test_threads_get_the_right_values() -> None:
    memory = LRUCache(3)

    def work(seed: int) -> bool:
        keys = [(seed * 7 + step * step) % 6 for step in range(3000)]
        return all(memory.get_or_make(key, lambda key=key: -key - 1) == -key - 1
                   for key in keys)  # fmt: skip

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(6)))
    assert len(memory) <= 3

"""A cache of the values used last."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar('Value')


class LRUCache(Generic[Value]):
    """A thread-safe cache of the values used last; copies of it start empty.

    Args:
        size: Most values kept; 0 keeps none.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._lock = Lock()
        self._values: OrderedDict[Hashable, Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def __reduce__(self) -> tuple:
        return LRUCache, (self.size,)

    def get(self, key: Hashable) -> Value | None:
        """Look a value up; None if it is not there."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value (not None) and drop the one not used for longest."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self.size:
                self._values.popitem(last=False)

    def get_or_make(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Look a value up, or make and keep it.

        Args:
            key: The value's key.
            make: Called without the lock; two threads may make the same value.

        Returns:
            The value.
        """
        value = self.get(key)
        if value is None:
            value = make()
            self.put(key, value)
        return value

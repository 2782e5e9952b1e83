"""How many examples of a name count."""

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar('Item')

MOST_OF_NAME = 20  # our choice: MQ-Det reads 5, and more take time


def spread(items: Sequence[Item], most: int) -> list[Item]:
    """Take at most ``most`` items, evenly from first to last."""
    if len(items) <= most:
        return list(items)
    return [items[number * len(items) // most] for number in range(most)]

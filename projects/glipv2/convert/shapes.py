"""Models without memory: only the shapes of their weights."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


@contextmanager
def without_memory() -> Iterator[None]:
    """Build modules whose weights take no memory (device ``meta``)."""
    with torch.device('meta'), _RealNumbers():
        yield


class _RealNumbers(TorchFunctionMode):
    """Numbers that modules read while they are built stay on the CPU.

    mmdet's Swin takes the rates of its stochastic depth from ``torch.linspace``.
    """

    def __torch_function__(
        self,
        func: Callable,
        types: Sequence[type],
        args: Sequence = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Make sequences of numbers with a content."""
        kwargs = kwargs or {}
        if func is torch.linspace:
            kwargs = {**kwargs, 'device': 'cpu'}
        return func(*args, **kwargs)

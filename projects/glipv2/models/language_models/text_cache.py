"""TextCache: word features of recent prompts."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

import torch
from torch import Tensor, nn


class TextCache:
    """Keeps the word features of the most recently used prompts; thread-safe.

    Entries belong to one state of the encoder; another state clears them. A copy of
    the cache, as of the module that holds it, starts empty.

    Args:
        size: Maximum number of prompts.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._state: Hashable = None
        self._features: OrderedDict[str, Tensor] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._features)

    def __deepcopy__(self, memo: dict) -> 'TextCache':
        return TextCache(self.size)

    def __reduce__(self) -> tuple:
        return TextCache, (self.size,)

    def clear(self) -> None:
        """Drop all entries."""
        with self._lock:
            self._features.clear()

    def get(self, state: Hashable, text: str) -> Tensor | None:
        """Look up a prompt.

        Args:
            state: State of the encoder, of :func:`weights_state`.
            text: The prompt's text.

        Returns:
            Its features (T, C) without padding, or None.
        """
        with self._lock:
            if state != self._state or text not in self._features:
                return None
            self._features.move_to_end(text)
            return self._features[text]

    def put(self, state: Hashable, text: str, features: Tensor) -> None:
        """Keep a prompt's features; the least recently used prompt is dropped.

        Args:
            state: As in :meth:`get`.
            text: Likewise.
            features: (T, C) without padding.
        """
        with self._lock:
            if state != self._state:
                self._features.clear()
                self._state = state
            self._features[text] = features
            while len(self._features) > self.size:
                self._features.popitem(last=False)


def weights_state(module: nn.Module) -> tuple:
    """Identify the state of a module's weights, and autocast's precision.

    Args:
        module: With at least one weight.

    Returns:
        A state that differs after any in-place change of a weight.
    """
    weights = tuple(
        (weight.data_ptr(), 0 if weight.is_inference() else weight._version)
        for weight in module.parameters()
    )
    one = torch.ones(1, 1, device=next(module.parameters()).device)
    return weights, (one @ one).dtype  # a product has autocast's dtype

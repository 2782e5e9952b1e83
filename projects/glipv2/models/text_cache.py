"""Word features of prompts that were encoded before."""

from collections import OrderedDict
from collections.abc import Hashable

import torch
from torch import Tensor, nn


class TextCache:
    """Keeps the word features of the prompts that were used last.

    Entries belong to one state of the encoder; with another state all are dropped.
    A copy of the cache, as of the module that holds it, starts empty.

    Args:
        size: Most prompts kept; 0 keeps none.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.state: Hashable = None
        self._features: OrderedDict[str, Tensor] = OrderedDict()

    def __len__(self) -> int:
        return len(self._features)

    def __deepcopy__(self, memo: dict) -> 'TextCache':
        return TextCache(self.size)

    def __reduce__(self) -> tuple:
        return TextCache, (self.size,)

    def clear(self) -> None:
        """Drop all entries."""
        self._features.clear()

    def use_state(self, state: Hashable) -> None:
        """Say which state of the encoder the next entries belong to.

        Args:
            state: Anything that differs when the encoder would answer differently.
        """
        if state != self.state:
            self.clear()
            self.state = state

    def get(self, text: str) -> Tensor | None:
        """Look a prompt up.

        Args:
            text: What the encoder read.

        Returns:
            Its features (T, C) without padding, or None.
        """
        if text not in self._features:
            return None
        self._features.move_to_end(text)
        return self._features[text]

    def put(self, text: str, features: Tensor) -> None:
        """Keep a prompt's features; the one not used for longest makes room.

        Args:
            text: What the encoder read.
            features: (T, C) without padding.
        """
        self._features[text] = features
        while len(self._features) > self.size:
            self._features.popitem(last=False)


def weights_state(module: nn.Module) -> tuple:
    """Tell a module's weights and precision apart; every in-place change counts.

    Args:
        module: With at least one weight.

    Returns:
        What differs when the module may answer differently.
    """
    weights = tuple(
        (weight.data_ptr(), 0 if weight.is_inference() else weight._version)
        for weight in module.parameters()
    )
    one = torch.ones(1, 1, device=next(module.parameters()).device)
    return weights, (one @ one).dtype  # the product's type is that of autocast

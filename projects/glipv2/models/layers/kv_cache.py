"""Keys and values of words that were read before, so that each is computed once."""

import torch
from torch import BoolTensor, LongTensor, Tensor


class LayerCache:
    """Keys and values of one self-attention layer, one row per sentence.

    Shapes: R sentences, H heads, t words so far, D channels of a head.
    """

    def __init__(self) -> None:
        self._kept: tuple[Tensor, Tensor] | None = None

    def extend(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Add words that follow those already here.

        Args:
            key: (R, H, n, D) of n new words.
            value: (R, H, n, D).

        Returns:
            Keys and values (R, H, t + n, D) of all words so far.
        """
        if self._kept is not None:
            key, value = (
                torch.cat((old, new), 2) for old, new in zip(self._kept, (key, value))
            )
        self._kept = (key, value)
        return self._kept

    def select(self, rows: LongTensor) -> None:
        """Keep some sentences, in any order and also repeatedly.

        Args:
            rows: (R',) int64 indices of sentences.
        """
        if self._kept is not None:
            key, value = self._kept
            self._kept = (key[rows], value[rows])


def causal_mask(new: int, old: int, device: torch.device) -> BoolTensor:
    """Let every word read itself and the words before it.

    Args:
        new: n, words that read.
        old: t, words before them.
        device: Of the mask.

    Returns:
        (1, n, t + n), true where the first may read the second.
    """
    whole = torch.ones(1, new, old + new, dtype=torch.bool, device=device)
    return whole.tril(old)

"""KV cache: keys and values of earlier tokens, computed once."""

import torch
from torch import BoolTensor, LongTensor, Tensor


class KVCache:
    """Keys and values of one self-attention layer, one row per sentence.

    Shapes: R sentences, H heads, t tokens so far, D channels of a head.
    """

    def __init__(self) -> None:
        self._kept: tuple[Tensor, Tensor] | None = None

    def extend(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Append the tokens that follow those already here.

        Args:
            key: (R, H, n, D) of n new tokens.
            value: (R, H, n, D).

        Returns:
            Keys and values (R, H, t + n, D) of all tokens so far.
        """
        if self._kept is not None:
            key, value = (
                torch.cat((old, new), 2) for old, new in zip(self._kept, (key, value))
            )
        self._kept = (key, value)
        return self._kept

    def select(self, rows: LongTensor) -> None:
        """Keep some sentences, in any order and with repetitions.

        Args:
            rows: (R',) int64 indices of sentences.
        """
        if self._kept is not None:
            key, value = self._kept
            self._kept = (key[rows], value[rows])


def causal_mask(new: int, old: int, device: torch.device) -> BoolTensor:
    """Let every token attend to itself and to those before it.

    Args:
        new: n, number of tokens that attend.
        old: t, number of tokens before them.
        device: Where the mask is made.

    Returns:
        (1, n, t + n), true where the first may attend to the second.
    """
    whole = torch.ones(1, new, old + new, dtype=torch.bool, device=device)
    return whole.tril(old)

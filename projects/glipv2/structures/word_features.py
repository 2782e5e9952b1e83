"""Word features, from the text encoder to the heads."""

from dataclasses import dataclass, replace

import torch
from torch import BoolTensor, LongTensor, Tensor


@dataclass(frozen=True)
class WordFeatures:
    """Features of the tokens of B prompts: P0 before the fusion, P after it.

    Args:
        features: (B, T, C) float.
        mask: (B, T) bool, true for real tokens, false for padding.
        ids: (B, T) int64 token ids.
    """

    features: Tensor
    mask: BoolTensor
    ids: LongTensor

    def with_features(self, features: Tensor) -> 'WordFeatures':
        """Copy these words with other features, (B, T, C) float."""
        return replace(self, features=features)

    def select(self, rows: LongTensor | slice) -> 'WordFeatures':
        """Take rows of the batch: (R,) int64, repeats allowed, or a slice."""
        return WordFeatures(self.features[rows], self.mask[rows], self.ids[rows])


def no_words(like: Tensor, channels: int) -> WordFeatures:
    """Make words of B = 0 prompts with C ``channels``, device and dtype as ``like``."""
    ids = torch.zeros(0, 1, dtype=torch.long, device=like.device)
    return WordFeatures(like.new_zeros(0, 1, channels), ids.bool(), ids)

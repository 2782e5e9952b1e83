"""Word features as they travel from the text encoder to the heads."""

from dataclasses import dataclass, replace

import torch
from torch import BoolTensor, LongTensor, Tensor


@dataclass(frozen=True)
class WordFeatures:
    """Features of the tokens of B prompts: P0 before the fusion, P after it.

    Frozen, so that no module can change another one's words in place.

    Args:
        features: (B, T, C) float.
        mask: (B, T) bool, true for real tokens, false for padding.
        ids: (B, T) int64 token ids.
    """

    features: Tensor
    mask: BoolTensor
    ids: LongTensor

    def with_features(self, features: Tensor) -> 'WordFeatures':
        """Replace the features and keep the rest.

        Args:
            features: (B, T, C) float.

        Returns:
            The same words with other features.
        """
        return replace(self, features=features)

    def select(self, rows: LongTensor | slice) -> 'WordFeatures':
        """Take some prompts of the batch, in any order and also repeatedly.

        Args:
            rows: (R,) int64 indices into the batch, or a slice of it.

        Returns:
            The words of R prompts.
        """
        return WordFeatures(self.features[rows], self.mask[rows], self.ids[rows])


def no_words(like: Tensor, channels: int) -> WordFeatures:
    """Make the words of no text, for a batch without any.

    Args:
        like: Of the wanted device and type.
        channels: C.

    Returns:
        Words of B = 0 texts.
    """
    ids = torch.zeros(0, 1, dtype=torch.long, device=like.device)
    return WordFeatures(like.new_zeros(0, 1, channels), ids.bool(), ids)

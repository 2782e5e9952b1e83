"""Word features as they travel from the text encoder to the heads."""

from dataclasses import dataclass, replace

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

    def select(self, rows: LongTensor) -> 'WordFeatures':
        """Take some prompts of the batch, in any order and also repeatedly.

        Args:
            rows: (R,) int64 indices into the batch.

        Returns:
            The words of R prompts.
        """
        return WordFeatures(self.features[rows], self.mask[rows], self.ids[rows])

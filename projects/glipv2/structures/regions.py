"""Regions of a batch that boxes are assigned to."""

from dataclasses import dataclass

from torch import BoolTensor, LongTensor, Tensor

from .word_features import WordFeatures

# Regions and words of no category never match: not each other, nor any category.
NO_CATEGORY_REGION = -1
NO_CATEGORY_WORD = -2


@dataclass(frozen=True)
class Regions:
    """R regions of a batch that boxes are assigned to.

    Args:
        features: (R, C), from O0.
        words: (R, T) bool, the words of the region's phrase in its image's text.
        categories: (R,) int64, :func:`category_number` of the region's category, or
            ``NO_CATEGORY_REGION`` for a phrase of a sentence.
        image: (R,) int64, row of the region's image in the batch.
    """

    features: Tensor
    words: BoolTensor
    categories: LongTensor
    image: LongTensor

    def __len__(self) -> int:
        return len(self.image)

    def select(self, rows: LongTensor) -> 'Regions':
        """Take the regions at ``rows``, (r,) int64."""
        return Regions(
            self.features[rows],
            self.words[rows],
            self.categories[rows],
            self.image[rows],
        )


def no_regions(words: WordFeatures, channels: int) -> Regions:
    """Make the regions of a batch without boxes.

    Args:
        words: P0 of B texts, B may be 0.
        channels: C of O0.

    Returns:
        R = 0 regions.
    """
    nothing = words.ids.new_zeros(0)
    return Regions(
        words.features.new_zeros(0, channels),
        words.mask.new_zeros(0, words.mask.shape[1]),
        nothing,
        nothing,
    )

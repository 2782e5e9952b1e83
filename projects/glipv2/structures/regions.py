"""Regions of a batch that boxes were assigned to."""

from dataclasses import dataclass

from torch import BoolTensor, LongTensor, Tensor

from .word_features import WordFeatures

# Neither equals a category's number nor the other.
NO_CATEGORY_REGION = -1


NO_CATEGORY_WORD = -2


@dataclass(frozen=True)
class Regions:
    """Regions of a batch that boxes were assigned to.

    Args:
        features: (R, C) of O0.
        words: (R, T) bool, the words of each region's own phrase in its own text.
        categories: (R,) int64, :func:`category_number` of a region's category, or
            ``NO_CATEGORY_REGION`` for phrases of sentences.
        image: (R,) int64, the row of the batch that a region lies in.
    """

    features: Tensor
    words: BoolTensor
    categories: LongTensor
    image: LongTensor

    def __len__(self) -> int:
        return len(self.image)

    def select(self, rows: LongTensor) -> 'Regions':
        """Take some of the regions.

        Args:
            rows: (r,) int64.

        Returns:
            These r regions.
        """
        return Regions(
            self.features[rows],
            self.words[rows],
            self.categories[rows],
            self.image[rows],
        )


def no_regions(words: WordFeatures, channels: int) -> Regions:
    """Make the regions of a batch without boxes.

    Args:
        words: P0 of its texts, of which there may be none.
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

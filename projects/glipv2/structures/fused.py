"""Image and word features during and after the fusion."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import BoolTensor, Tensor

from .word_features import WordFeatures


@dataclass(frozen=True)
class ImageView:
    """Image features that the words of one block attend to.

    Args:
        locations: (B, N, C), normalised features of all levels.
        mask: (B, N) bool, false in padding; None: no padding.
    """

    locations: Tensor
    mask: BoolTensor | None


@dataclass(frozen=True)
class Fused:
    """Output of a fusion block.

    Args:
        pyramid: Levels (B, C, H_i, W_i); None if only words were fused.
        words: Words after the block; None without words.
        view: What the words attended to; None if images attended to words, too.
    """

    pyramid: list[Tensor] | None
    words: WordFeatures | None
    view: ImageView | None = None


@dataclass(frozen=True)
class FusedChunk:
    """Pairs of images and prompts after the fusion.

    Args:
        first: Index of the first pair among all pairs.
        pyramid: O, levels (B, C, H_i, W_i).
        words: P of B prompts.
        spans: Per prompt (K, T) bool, the words of each phrase.
    """

    first: int
    pyramid: Sequence[Tensor]
    words: WordFeatures
    spans: Sequence[BoolTensor]

"""Images and words during and after the fusion."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import BoolTensor, Tensor

from .word_features import WordFeatures


@dataclass(frozen=True)
class ImageView:
    """What the words of one block read from B images.

    Args:
        locations: (B, N, C), normed.
        mask: (B, N), true for locations of the image itself; None: all are.
    """

    locations: Tensor
    mask: BoolTensor | None


@dataclass(frozen=True)
class Fused:
    """What comes out of a block.

    Args:
        pyramid: Levels (B, C, H_i, W_i) for the next block; None if not asked for.
        words: The words after the block; None if there were none.
        view: What the words have read; None where images read words, too.
    """

    pyramid: list[Tensor] | None
    words: WordFeatures | None
    view: ImageView | None = None


@dataclass(frozen=True)
class FusedChunk:
    """Pairs of images and prompts after the fusion.

    Args:
        first: Number of the first pair among all of the call.
        pyramid: O, levels (B, C, H_i, W_i).
        words: P of the B prompts.
        spans: Per prompt (K, T), the words of each phrase.
    """

    first: int
    pyramid: Sequence[Tensor]
    words: WordFeatures
    spans: Sequence[BoolTensor]

"""What the training losses see of a batch."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import BoolTensor, LongTensor, Tensor

from .word_features import WordFeatures

NO_LABEL = -1  # where an image has fewer boxes than G


@dataclass(frozen=True)
class BoxPhrases:
    """Phrases of the boxes of B images.

    Args:
        labels: (B, G) int64, the index of each box's phrase, or ``NO_LABEL``.
        words: (B, G, T) bool, the words of that phrase.
    """

    labels: LongTensor
    words: BoolTensor


@dataclass(frozen=True)
class TextKinds:
    """Class lists told from sentences, and the categories of their names.

    Args:
        is_class_list: (B,) bool.
        categories: (B, K) int64, :func:`category_number` of each phrase, or
            ``NO_CATEGORY_REGION`` in sentences.
    """

    is_class_list: BoolTensor
    categories: LongTensor


NOT_SCORED = -100  # what cross-entropy leaves out


@dataclass(frozen=True)
class MaskedWords:
    """Token ids with some hidden.

    Args:
        ids: (B, T) int64, what the text encoder reads.
        labels: (B, T) int64, the token that was there, or ``NOT_SCORED``.
    """

    ids: LongTensor
    labels: LongTensor


@dataclass(frozen=True)
class TrainingView:
    """Texts and features of B images, before and after the fusion.

    Args:
        spans: Per image (K, T), the words of each phrase.
        boxes: Phrases of the images' boxes.
        kinds: Which texts are class lists.
        words: P0.
        hidden: Which words were hidden from the text encoder; None: none.
        pyramid: O0, levels (B, C, H_i, W_i).
        fused: O, levels of the same shapes.
        read: P.
    """

    spans: Sequence[BoolTensor]
    boxes: BoxPhrases
    kinds: TextKinds
    words: WordFeatures
    hidden: MaskedWords | None
    pyramid: Sequence[Tensor]
    fused: Sequence[Tensor]
    read: WordFeatures

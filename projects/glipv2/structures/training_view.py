"""Inputs of the training losses."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import BoolTensor, LongTensor, Tensor

from .word_features import WordFeatures

NO_LABEL = -1  # padding of images with fewer than G boxes
NOT_SCORED = -100  # labels that cross-entropy ignores


@dataclass(frozen=True)
class BoxPhrases:
    """Phrases of the ground-truth boxes of B images.

    Args:
        labels: (B, G) int64, index of the box's phrase, or ``NO_LABEL``.
        words: (B, G, T) bool, the words of that phrase.
    """

    labels: LongTensor
    words: BoolTensor


@dataclass(frozen=True)
class TextKinds:
    """Which texts are class lists, and the categories of their names.

    Args:
        is_class_list: (B,) bool; false for sentences.
        categories: (B, K) int64, :func:`category_number` of each phrase, or
            ``NO_CATEGORY_REGION`` in sentences.
    """

    is_class_list: BoolTensor
    categories: LongTensor


@dataclass(frozen=True)
class MaskedWords:
    """Token ids of which some are masked (MLM).

    Args:
        ids: (B, T) int64, input of the text encoder.
        labels: (B, T) int64, the true id where masked, else ``NOT_SCORED``.
    """

    ids: LongTensor
    labels: LongTensor


@dataclass(frozen=True)
class TrainingView:
    """Texts and features of B images, before and after the fusion.

    Args:
        spans: Per image (K, T) bool, the words of each phrase.
        boxes: Phrases of the boxes.
        kinds: Which texts are class lists.
        words: P0 of B prompts.
        hidden: The masked tokens; None: none are masked.
        pyramid: O0, levels (B, C, H_i, W_i).
        fused: O, as ``pyramid``.
        read: P of B prompts.
    """

    spans: Sequence[BoolTensor]
    boxes: BoxPhrases
    kinds: TextKinds
    words: WordFeatures
    hidden: MaskedWords | None
    pyramid: Sequence[Tensor]
    fused: Sequence[Tensor]
    read: WordFeatures

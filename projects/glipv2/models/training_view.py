"""What the training losses see of a batch."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import BoolTensor, Tensor

from .masked_words import MaskedWords
from .prompts import Prompt
from .word_features import WordFeatures


@dataclass(frozen=True)
class TrainingView:
    """Texts and features of B pictures, before and after the fusion.

    Args:
        prompts: Of the pictures.
        spans: Per picture (K, T), the words of each phrase.
        positive_maps: Per picture (G, T), the words of each box's phrase.
        words: P0.
        hidden: Which words were hidden from the text encoder; None: none.
        pyramid: O0, levels (B, C, H_i, W_i).
        fused: O, levels of the same shapes.
        read: P.
    """

    prompts: Sequence[Prompt]
    spans: Sequence[BoolTensor]
    positive_maps: Sequence[BoolTensor]
    words: WordFeatures
    hidden: MaskedWords | None
    pyramid: Sequence[Tensor]
    fused: Sequence[Tensor]
    read: WordFeatures

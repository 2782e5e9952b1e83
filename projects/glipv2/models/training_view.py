"""What the training losses see of a batch."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import BoolTensor, Tensor

from .box_phrases import BoxPhrases
from .masked_words import MaskedWords
from .region_words import TextKinds
from .word_features import WordFeatures


@dataclass(frozen=True)
class TrainingView:
    """Texts and features of B pictures, before and after the fusion.

    Args:
        spans: Per picture (K, T), the words of each phrase.
        boxes: Phrases of the pictures' boxes.
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

"""What a VQA head sees of questions after the fusion."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import BoolTensor, Tensor

from ...structures.word_features import WordFeatures
from .answer_words import AnswerWords

# Logits (B, N, T) of regions (B, N, C) against words, as ``GroundingHead.align``.
Align = Callable[[Tensor, WordFeatures], Tensor]


@dataclass(frozen=True)
class ImageEvidence:
    """What a reader needs of B images.

    Args:
        pyramid: O, levels (B, C, H_i, W_i).
        inside: Per level (B, H_i, W_i), true inside the image; None: all is.
        align: The grounding head's alignment.
        answers: The words of the A answers.
    """

    pyramid: Sequence[Tensor]
    inside: Sequence[BoolTensor] | None
    align: Align
    answers: AnswerWords


@dataclass(frozen=True)
class FusedQuestions:
    """B questions and their images after the fusion.

    Args:
        words: P.
        evidence: Of the images; None where no reader needs it.
    """

    words: WordFeatures
    evidence: ImageEvidence | None = None

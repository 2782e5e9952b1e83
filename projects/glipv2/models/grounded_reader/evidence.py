"""What a VQA head sees of questions after the fusion."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import BoolTensor, Tensor

from ...structures.grounding import Grounding
from ...structures.word_features import WordFeatures
from ..dense_heads.grounding_head import GroundingHead
from .answer_words import AnswerWords


@dataclass(frozen=True)
class ImageEvidence:
    """What a reader needs of B images.

    Args:
        pyramid: O, levels (B, C, H_i, W_i).
        inside: Per level (B, H_i, W_i), true inside the image; None: all is.
        sizes: (B, 2), height and width of each image in pixels.
        head: The box head.
        answers: The words of the A answers.
    """

    pyramid: Sequence[Tensor]
    inside: Sequence[BoolTensor] | None
    sizes: Tensor
    head: GroundingHead
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


@dataclass(frozen=True)
class Look:
    """What the box head makes of B images and their questions, without gradients.

    Args:
        head: The box head.
        out: Its raw output; N locations.
        boxes: (B, N, 4) xyxy in pixels.
        visible: (B, N), true inside the images; None: all are.
    """

    head: GroundingHead
    out: Grounding
    boxes: Tensor
    visible: BoolTensor | None

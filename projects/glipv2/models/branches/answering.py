"""Questions: P of the question and the image, and its answer."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from mmdet.structures import DetDataSample, SampleList
from torch import BoolTensor, Tensor

from ...structures.word_features import WordFeatures
from ...text.sample_text import image_name, naming_long_texts, wordy_prompt
from ..dense_heads.grounding_head import GroundingHead
from ..grounded_reader.evidence import ImageEvidence
from ..language_models.text_encoder import TextEncoder
from ..layers.padding import inside_masks
from ..necks.vl_fusion_neck import VLFusionNeck
from ..vl_heads.vqa_head import VQAHead
from .absent_tasks import least_pyramid, least_words
from .branch import Branch
from .train_only import TrainOnly


@dataclass(frozen=True)
class AnsweringBranch(Branch):
    """Visual question answering (GLIPv2 section 3.3).

    Args:
        text_encoder: The text encoder.
        fusion_neck: The fusion neck.
        bbox_head: What finds words in the image, for a reader.
        vqa_head: The VQA head.
        train_only: What is trained.
        num_answers: Most answers that are given to a question.
    """

    text_encoder: TextEncoder
    fusion_neck: VLFusionNeck
    bbox_head: GroundingHead
    vqa_head: VQAHead
    train_only: TrainOnly
    num_answers: int = 5

    @property
    def learns(self) -> bool:
        """Whether its losses train anything."""
        return self.train_only.needs_loss('vqa_head')

    def _losses(
        self,
        pyramid: Sequence[Tensor],
        samples: SampleList,
        input_size: tuple[int, int],
    ) -> dict[str, Tensor]:
        logits = self._logits(pyramid, samples, input_size)
        return self.vqa_head.loss(logits, given_answers(samples))

    def _no_losses(
        self, pyramid: Sequence[Tensor], elsewhere: bool
    ) -> dict[str, Tensor]:
        like = pyramid[0].new_zeros(())
        zero = like.new_zeros((), dtype=torch.float32)
        with self.train_only.trunk_gradients():
            words = least_words(self.text_encoder, like.device, elsewhere)
            if elsewhere:
                least = least_pyramid(pyramid)
                fused, words = fuse_questions(
                    self.fusion_neck, self.vqa_head, least, words, None
                )
                sizes = like.new_ones(1, 2)
                self._evidence(fused, None, sizes)  # reads the answers, as the others
                zero = zero + 0 * words.features.sum()
        losses = self.vqa_head.loss(like.new_zeros(0, len(self.vqa_head.answers)), [])
        losses['loss_vqa'] = losses['loss_vqa'] + zero
        return losses

    @torch.no_grad()
    def predict(
        self,
        pyramid: Sequence[Tensor],
        samples: SampleList,
        input_size: tuple[int, int],
    ) -> None:
        """Answer questions.

        Args:
            pyramid: O0 of the questions' images, levels (B, C, H_i, W_i).
            samples: B samples with the question in ``text``; get ``pred_answer``,
                ``pred_answers`` and ``pred_answer_scores``.
            input_size: (H, W) of the images in pixels.

        Raises:
            ValueError: If a question is unusable (names the image).
        """
        logits = self._logits(pyramid, samples, input_size)
        for sample, found in zip(samples, self.vqa_head.best(logits, self.num_answers)):
            sample.pred_answers = [answer for answer, _ in found]
            sample.pred_answer_scores = [score for _, score in found]
            sample.pred_answer = sample.pred_answers[0]

    def _logits(
        self,
        pyramid: Sequence[Tensor],
        samples: SampleList,
        input_size: tuple[int, int],
    ) -> Tensor:
        with self.train_only.trunk_gradients():
            words = encode_questions(self.text_encoder, samples)
            inside = inside_masks(samples, pyramid, input_size)
            fused, words = fuse_questions(
                self.fusion_neck, self.vqa_head, pyramid, words, inside
            )
            shapes = [tuple(sample.img_shape[:2]) for sample in samples]
            device = words.features.device
            sizes = torch.tensor(shapes, dtype=torch.float32, device=device)
            evidence = self._evidence(fused, inside, sizes)
        return score_answers(self.vqa_head, words, evidence)

    def _evidence(
        self,
        pyramid: Sequence[Tensor] | None,
        inside: Sequence[BoolTensor] | None,
        sizes: Tensor,
    ) -> ImageEvidence | None:
        """Collect what a reader needs; without one nothing."""
        if self.vqa_head.reader is None:
            return None
        bank = self.vqa_head.reader.bank
        answers = bank.words(self.text_encoder, self.fusion_neck)
        return ImageEvidence(pyramid, inside, sizes, self.bbox_head, answers)


def fuse_questions(
    fusion_neck: VLFusionNeck,
    vqa_head: VQAHead,
    pyramid: Sequence[Tensor],
    words: WordFeatures,
    inside: Sequence[BoolTensor] | None,
) -> tuple[Sequence[Tensor] | None, WordFeatures]:
    """Fuse questions with their images.

    Args:
        fusion_neck: The fusion neck.
        vqa_head: The VQA head.
        pyramid: O0 of the questions' images, levels (B, C, H_i, W_i).
        words: P0 of B questions.
        inside: Per level (B, H_i, W_i), true inside the image; None: all are.

    Returns:
        O, which only a reader needs (None without one), and P.
    """
    if vqa_head.reader is None:
        return None, fusion_neck.fuse_words(pyramid, words, inside)
    return fusion_neck(pyramid, words, inside)


def score_answers(
    vqa_head: VQAHead, words: WordFeatures, evidence: ImageEvidence | None
) -> Tensor:
    """Score all answers of fused questions.

    Args:
        vqa_head: The VQA head.
        words: P of B questions.
        evidence: Of their images, for a reader; None without one.

    Returns:
        Logits (B, answers).
    """
    if evidence is None:
        return vqa_head(words)
    return vqa_head(*vqa_head.reader.read(words, evidence))


def encode_questions(
    encoder: TextEncoder, samples: Sequence[DetDataSample]
) -> WordFeatures:
    """Compute P0 of questions.

    Args:
        encoder: The text encoder.
        samples: With the question in ``text``.

    Returns:
        P0 of the B questions.

    Raises:
        ValueError: If a question is missing, has no word or is too long (names the
            image and the question).
    """
    places = [_where(sample) for sample in samples]
    prompts = [
        wordy_prompt(sample, 'question', where)
        for sample, where in zip(samples, places)
    ]
    with naming_long_texts('question', places, encoder.max_tokens):
        return encoder.encode(prompts)[0]


def given_answers(samples: Sequence[DetDataSample]) -> list[Sequence[str]]:
    """Look up the answers that people gave.

    Args:
        samples: With ``gt_answers``.

    Returns:
        Per sample its answers.

    Raises:
        ValueError: If a sample has none (names the image and the question).
    """
    for sample in samples:
        if not sample.get('gt_answers'):
            raise ValueError(
                f'{_where(sample)} has no gt_answers to learn from; give the data '
                'set an annotation file'
            )
    return [sample.gt_answers for sample in samples]


def _where(sample: DetDataSample) -> str:
    number = sample.get('question_id')
    question = '' if number is None else f', question {number}'
    return f'{image_name(sample)}{question}'

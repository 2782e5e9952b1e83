"""What lies between the detector and its VQA head: questions in, answers out."""

from collections.abc import Sequence

import torch
from mmdet.structures import DetDataSample
from torch import Tensor

from ...structures.word_features import WordFeatures
from ...text.prompt import Prompt
from ...text.sample_text import naming_long_texts, picture_name
from ..language_models.text_encoder import TextEncoder
from ..vl_heads.vqa_head import VQAHead


def read_questions(
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
            picture and the question).
    """
    prompts, places = [], [_where(sample) for sample in samples]
    for sample, where in zip(samples, places):
        text = sample.get('text')
        if not isinstance(text, str) or not any(map(str.isalnum, text)):
            raise ValueError(f'{where}: the question has no word: {text!r}')
        prompts.append(Prompt(text, (), ()))
    with naming_long_texts('question', places, encoder.max_tokens):
        return encoder.encode(prompts)[0]


def given_answers(samples: Sequence[DetDataSample]) -> list[Sequence[str]]:
    """Look up the answers that people gave.

    Args:
        samples: With ``gt_answers``.

    Returns:
        Per sample its answers.

    Raises:
        ValueError: If a sample has none (names the picture and the question).
    """
    for sample in samples:
        if not sample.get('gt_answers'):
            raise ValueError(
                f'{_where(sample)} has no gt_answers to learn from; give the data '
                'set an annotation file'
            )
    return [sample.gt_answers for sample in samples]


@torch.no_grad()
def store_answers(
    head: VQAHead, logits: Tensor, samples: Sequence[DetDataSample], count: int
) -> None:
    """Answer questions.

    Args:
        head: The VQA head.
        logits: (B, answers).
        samples: Get ``pred_answer``, ``pred_answers`` and ``pred_answer_scores``.
        count: Most answers of a question.
    """
    for sample, found in zip(samples, head.best(logits, count)):
        sample.pred_answers = [answer for answer, _ in found]
        sample.pred_answer_scores = [score for _, score in found]
        sample.pred_answer = sample.pred_answers[0]


def _where(sample: DetDataSample) -> str:
    number = sample.get('question_id')
    question = '' if number is None else f', question {number}'
    return f'{picture_name(sample)}{question}'

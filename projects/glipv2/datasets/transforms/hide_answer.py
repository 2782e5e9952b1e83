"""Questions whose answer is masked in the text and found in the image."""

from collections.abc import Mapping, Sequence

import numpy as np
from mmcv.transforms import BaseTransform
from mmdet.registry import TRANSFORMS
from transformers import PreTrainedTokenizerFast

from ...text.sources import load_tokenizer


@TRANSFORMS.register_module()
class HideAnswer(BaseTransform):
    """Replace the answer in "question answer" by [MASK], and ground [MASK] (GLIPv2).

    Boxes whose phrase overlaps the answer become boxes of [MASK], so the model learns
    to find an answer that is not in the text. Comes before ``SampleDetectionPrompt``;
    samples without ``answer`` stay as they are.

    Args:
        tokenizer: As in :func:`load_tokenizer`.
        prob: Probability of masking an answer (our choice: 1).

    Raises:
        ValueError: If the tokenizer has no mask token, or ``prob`` is not in [0, 1].
    """

    def __init__(
        self,
        tokenizer: str | Mapping | PreTrainedTokenizerFast,
        prob: float = 1.0,
    ) -> None:
        tokenizer = load_tokenizer(tokenizer)
        if tokenizer.mask_token is None:
            raise ValueError(f'{type(tokenizer).__name__} has no mask token')
        if not 0 <= prob <= 1:
            raise ValueError(f'prob must be in [0, 1], not {prob}')
        self.mask = tokenizer.mask_token
        self.prob = prob

    def transform(self, results: dict) -> dict:
        """Mask an answer.

        Args:
            results: The sample with ``text`` (question and answer), ``phrases``
                (``{label: {'tokens_positive': spans}}``) and ``answer``, the
                answer's characters [start, end) in the text.

        Returns:
            The sample without ``answer``, with changed text and spans.

        Raises:
            ValueError: If the answer's span is not inside the text (names the
                image).
        """
        answer = results.pop('answer', None)
        if answer is None or np.random.rand() >= self.prob:
            return results
        text = results['text']
        start, end = answer
        if not 0 <= start < end <= len(text):
            raise ValueError(
                f'{results.get("img_path")}: the answer has the span [{start}, {end}], '
                f'which is not inside the {len(text)} characters of {text!r}'
            )
        results['text'] = text[:start] + self.mask + text[end:]
        results['phrases'] = {
            label: dict(
                phrase,
                tokens_positive=self._move_spans(phrase['tokens_positive'], start, end),
            )
            for label, phrase in results['phrases'].items()
        }
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(mask={self.mask!r}, prob={self.prob})'

    def _move_spans(
        self, spans: Sequence[Sequence[int]], start: int, end: int
    ) -> list[list[int]]:
        """Shift a phrase's spans; those that overlap the answer become the mask's."""
        masked = [start, start + len(self.mask)]
        shift = masked[1] - end
        moved = []
        for first, last in spans:
            if first < end and last > start:
                moved.append(masked)
            elif first >= end:
                moved.append([first + shift, last + shift])
            else:
                moved.append([first, last])
        return [span for i, span in enumerate(moved) if span not in moved[:i]]

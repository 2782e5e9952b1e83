"""Questions whose answer is hidden and must be found in the image."""

from collections.abc import Mapping, Sequence

import numpy as np
from mmcv.transforms import BaseTransform
from mmdet.registry import TRANSFORMS
from transformers import PreTrainedTokenizerFast

from ..text.sources import load_tokenizer


@TRANSFORMS.register_module()
class HideAnswer(BaseTransform):
    """Hide the answer of "question answer" and point its boxes to the gap (GLIPv2).

    The answer becomes the tokenizer's [MASK]; boxes whose phrase overlaps it belong to
    [MASK] then, so that the model learns to find an answer that it does not read.
    Stands before ``SampleDetectionPrompt``; samples without ``answer`` pass through.

    Args:
        tokenizer: The text encoder's source, or a fast tokenizer.
        prob: How often an answer is hidden (our choice: always).

    Raises:
        ValueError: If the tokenizer has no mask token, or ``prob`` is impossible.
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
        """Hide an answer.

        Args:
            results: The sample with ``text`` (question and answer), ``phrases``
                (``{label: {'tokens_positive': spans}}``) and ``answer``, the
                answer's characters [start, end) in the text.

        Returns:
            The sample without ``answer``; text and spans are those with [MASK].

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
        """Move a phrase's spans; those that overlap the answer become the gap's."""
        gap = [start, start + len(self.mask)]
        shift = gap[1] - end
        moved = []
        for first, last in spans:
            if first < end and last > start:
                moved.append(gap)
            elif first >= end:
                moved.append([first + shift, last + shift])
            else:
                moved.append([first, last])
        return [span for place, span in enumerate(moved) if span not in moved[:place]]

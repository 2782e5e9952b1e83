"""Captions of other images as negatives."""

import numpy as np
from mmcv.transforms import BaseTransform
from mmdet.registry import TRANSFORMS
from transformers import PreTrainedTokenizerFast

from ...text.name_layout import SEPARATOR
from ...text.sources import load_tokenizer
from ...text.tokens import name_token_budget


@TRANSFORMS.register_module()
class PackCaptions(BaseTransform):
    """Join a caption with captions of other images (GLIP appendix, caption data).

    Comes before ``SampleDetectionPrompt``. Samples without ``negative_captions`` (see
    ``StreamingODVGDataset``), such as detection data, stay as they are. The sample's
    own caption gets a random position among the others, and its spans are shifted.
    Others that do not fit are left out.

    Args:
        tokenizer: As in :func:`load_tokenizer`.
        max_tokens: Most tokens of a prompt, special tokens included.
        none_prob: Probability of adding no caption (0.4 in GLIP's code).
        full_prob: Probability of adding all (0.3); else a uniform number of them,
            from none to all, is added.

    Raises:
        ValueError: If the probabilities are negative or more than 1 together.
    """

    def __init__(
        self,
        tokenizer: str | dict | PreTrainedTokenizerFast,
        max_tokens: int = 256,
        none_prob: float = 0.4,
        full_prob: float = 0.3,
    ) -> None:
        if min(none_prob, full_prob) < 0 or none_prob + full_prob > 1:
            raise ValueError(
                f'none_prob {none_prob} and full_prob {full_prob} must be at least 0 '
                'and at most 1 together'
            )
        self.tokenizer = load_tokenizer(tokenizer)
        self.max_tokens = max_tokens
        self.none_prob = none_prob
        self.full_prob = full_prob

    def transform(self, results: dict) -> dict:
        """Pack a sample.

        Args:
            results: The sample with ``text`` (a caption), ``phrases`` and
                ``negative_captions``.

        Returns:
            The sample without ``negative_captions``; ``text`` is the joined caption,
            with the spans in ``phrases`` shifted.
        """
        others = results.pop('negative_captions', None)
        if not others or 'phrases' not in results:
            return results
        draw = np.random.rand()
        count = len(others)
        if draw < self.none_prob:
            count = 0
        elif draw >= self.none_prob + self.full_prob:
            count = np.random.randint(len(others) + 1)
        own = _sentence(results['text'])
        kept = self._fit(own, [_sentence(text) for text in others[:count]])
        position = np.random.randint(len(kept) + 1)
        before = ''.join(kept[:position])
        # Leading spaces of the caption stay, because its spans count them.
        results['text'] = before + own + ''.join(kept[position:])
        results['phrases'] = {
            label: dict(
                phrase,
                tokens_positive=[
                    [start + len(before), end + len(before)]
                    for start, end in phrase['tokens_positive']
                ],
            )
            for label, phrase in results['phrases'].items()
        }
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(max_tokens={self.max_tokens}, '
            f'none_prob={self.none_prob}, full_prob={self.full_prob})'
        )

    def _fit(self, own: str, others: list[str]) -> list[str]:
        encoded = self.tokenizer(
            [own, *others], add_special_tokens=False, truncation=False, padding=False,
            verbose=False,
        )  # fmt: skip
        lengths = [len(ids) for ids in encoded['input_ids']]
        room = name_token_budget(self.tokenizer, self.max_tokens) - lengths[0]
        kept = []
        for text, length in zip(others, lengths[1:]):
            if length <= room:
                kept.append(text)
                room -= length
        return kept


def _sentence(caption: str) -> str:
    return caption.rstrip(' .') + SEPARATOR

"""A text encoded once: constants of an exported graph.

Shapes: B prompts (chunks of names), T tokens, K phrases of a prompt, L phrases of all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from mmdet.structures import DetDataSample
from torch import BoolTensor, LongTensor

from ..models import GLIPv2
from ..structures.word_features import WordFeatures
from ..text.cutting import Cutting


@dataclass(frozen=True)
class FixedText:
    """Word features of a text and its phrases.

    Args:
        words: P0 of the B prompts.
        spans: Per prompt (K, T) bool, the words of each phrase.
        labels: Per prompt (K,) int64, the index of each phrase among all L.
        names: The L phrases as the user wrote them.
        prompts: Texts that were encoded.
    """

    words: WordFeatures
    spans: tuple[BoolTensor, ...]
    labels: tuple[LongTensor, ...]
    names: tuple[str, ...]
    prompts: tuple[str, ...]

    @property
    def prompt_of_label(self) -> LongTensor:
        """(L,), the prompt that holds each phrase."""
        places = torch.cat(
            [torch.full_like(x, number) for number, x in enumerate(self.labels)]
        )
        return places[torch.cat(self.labels).argsort()]


@torch.no_grad()
def encode_text(model: GLIPv2, text: str | Sequence[str], **keys: object) -> FixedText:
    """Encode a text as prediction does, in as many prompts as it needs.

    Args:
        model: The detector, in evaluation mode; its ``test_cfg`` says which names share
            a prompt.
        text: Names, ``'a . b .'`` or a sentence.
        **keys: ``custom_entities`` and ``tokens_positive`` of a data sample.

    Raises:
        ValueError: If the text is unusable, or a sentence or one name does not fit
            into a prompt (names the words).
    """
    sample = DetDataSample(metainfo=dict(text=text, img_path='to be exported', **keys))
    encoder = model.text_encoder
    parts = encoder.reader.split(sample, Cutting.of(model.test_cfg))
    words, spans = encoder.encode([part.prompt for part in parts])
    named = {
        label: name
        for part in parts
        for label, name in zip(part.labels, part.prompt.phrases)
    }
    return FixedText(
        words=words,
        spans=tuple(spans),
        labels=tuple(torch.tensor(part.labels) for part in parts),
        names=tuple(named[label] for label in range(len(named))),
        prompts=tuple(part.prompt.text for part in parts),
    )

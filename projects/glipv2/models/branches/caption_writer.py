"""Writing captions word by word; keys and values of words that were read are kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import LongTensor, Tensor
from transformers import PreTrainedTokenizerFast

from ...structures.fused import ImageView
from ...structures.word_features import WordFeatures
from ..device.precision import at_least_float32
from ..language_models.text_encoder import TextEncoder
from ..layers.kv_cache import LayerCache, causal_mask
from ..necks.vl_fusion_neck import VLFusionNeck
from ..vl_heads.caption_head import CaptionHead


def first_and_last(tokenizer: PreTrainedTokenizerFast) -> tuple[int, int]:
    """Say which words begin and end a caption.

    Args:
        tokenizer: The text encoder's.

    Returns:
        Numbers of [CLS] and [SEP], or of what the tokenizer has in their place.
    """
    first = tokenizer.cls_token_id
    last = tokenizer.sep_token_id
    if first is None or last is None:
        first, last = tokenizer.bos_token_id, tokenizer.eos_token_id
    return first, last


@dataclass
class Writer:
    """Scores next words; keeps keys and values, so that a step costs one word.

    Args:
        encoder: The text encoder.
        fusion: The fusion neck.
        head: The caption head.
        views: Of the B images.
    """

    encoder: TextEncoder
    fusion: VLFusionNeck
    head: CaptionHead
    views: Sequence[ImageView]
    read: int = 0
    of_encoder: list[LayerCache] = field(default_factory=list)
    of_fusion: list[LayerCache] = field(default_factory=list)
    banned: LongTensor = field(init=False)  # token ids that no sentence has

    def __post_init__(self) -> None:
        tokenizer = self.encoder.tokenizer
        _, last = first_and_last(tokenizer)
        special = [word for word in tokenizer.all_special_ids if word != last]
        # Sent once: a list as an index would be sent for each word.
        self.banned = torch.tensor(special, device=self.views[0].locations.device)

    def begin(self, words: LongTensor, beams: int) -> Tensor:
        """Read the beginnings.

        Args:
            words: (B, t) int64.
            beams: K, sentences that will be tried of each image.

        Returns:
            Logits (B, V) of the word after them.
        """
        self.read = 0
        self.of_encoder = self.encoder.new_caches()
        self.of_fusion = [LayerCache() for _ in self.views]
        logits = self._next(words)
        rows = torch.arange(len(words), device=words.device)
        self._select(rows.repeat_interleave(beams))
        return logits

    def step(self, words: LongTensor, rows: LongTensor) -> Tensor:
        """Read one more word of each sentence.

        Args:
            words: (R,) int64.
            rows: (R,) int64, which sentence of the call before each continues.

        Returns:
            Logits (R, V) of the word after them.
        """
        self._select(rows)
        return self._next(words[:, None])

    def _next(self, words: LongTensor) -> Tensor:
        mask = causal_mask(words.shape[1], self.read, words.device)
        encoded = WordFeatures(
            self.encoder.read_causally(words, self.read, self.of_encoder),
            torch.ones_like(words, dtype=torch.bool),
            words,
        )
        fused = self.fusion.read(encoded, self.views, mask, self.of_fusion)
        self.read += words.shape[1]
        logits = at_least_float32(self.head(fused.features[:, -1]))
        return logits.index_fill_(1, self.banned, -torch.inf)

    def _select(self, rows: LongTensor) -> None:
        for cache in (*self.of_encoder, *self.of_fusion):
            cache.select(rows)

"""Writing captions token by token, with KV caches."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import LongTensor, Tensor
from transformers import PreTrainedTokenizerFast

from ...structures.fused import ImageView
from ...structures.word_features import WordFeatures
from ..device.precision import at_least_float32
from ..language_models.text_encoder import TextEncoder
from ..layers.kv_cache import KVCache, causal_mask
from ..necks.vl_fusion_neck import VLFusionNeck
from ..vl_heads.caption_head import CaptionHead


def boundary_ids(tokenizer: PreTrainedTokenizerFast) -> tuple[int | None, int | None]:
    """Look up the token ids that begin and end a caption.

    Args:
        tokenizer: The text encoder's tokenizer.

    Returns:
        The ids of [CLS] and [SEP], or else of the tokens of begin and end of
        sequence.
    """
    first = tokenizer.cls_token_id
    last = tokenizer.sep_token_id
    if first is None or last is None:
        first, last = tokenizer.bos_token_id, tokenizer.eos_token_id
    return first, last


@dataclass
class CaptionWriter:
    """Scores the next token of captions; each step computes one token.

    Args:
        encoder: The text encoder.
        fusion: The fusion neck.
        head: The caption head.
        views: The views of B images, one per block of the fusion.
    """

    encoder: TextEncoder
    fusion: VLFusionNeck
    head: CaptionHead
    views: Sequence[ImageView]
    length: int = 0  # tokens so far
    encoder_caches: list[KVCache] = field(default_factory=list)
    fusion_caches: list[KVCache] = field(default_factory=list)
    banned: LongTensor = field(init=False)  # token ids that no sentence has

    def __post_init__(self) -> None:
        tokenizer = self.encoder.tokenizer
        _, last = boundary_ids(tokenizer)
        special = [token for token in tokenizer.all_special_ids if token != last]
        # Sent once: indexing with a list would send it for each token.
        self.banned = torch.tensor(special, device=self.views[0].locations.device)

    def begin(self, ids: LongTensor, beams: int) -> Tensor:
        """Score the token after the prefixes.

        Args:
            ids: (B, t) int64 token ids.
            beams: K, the number of sentences that will continue each prefix.

        Returns:
            Logits (B, V).
        """
        self.length = 0
        self.encoder_caches = self.encoder.new_caches()
        self.fusion_caches = [KVCache() for _ in self.views]
        logits = self._next(ids)
        rows = torch.arange(len(ids), device=ids.device)
        self._select(rows.repeat_interleave(beams))
        return logits

    def step(self, ids: LongTensor, rows: LongTensor) -> Tensor:
        """Append one token to each sentence and score the next one.

        Args:
            ids: (R,) int64 token ids.
            rows: (R,) int64, which sentence of the previous call each continues.

        Returns:
            Logits (R, V).
        """
        self._select(rows)
        return self._next(ids[:, None])

    def _next(self, ids: LongTensor) -> Tensor:
        mask = causal_mask(ids.shape[1], self.length, ids.device)
        encoded = WordFeatures(
            self.encoder.read_causally(ids, self.length, self.encoder_caches),
            torch.ones_like(ids, dtype=torch.bool),
            ids,
        )
        fused = self.fusion.read(encoded, self.views, mask, self.fusion_caches)
        self.length += ids.shape[1]
        logits = at_least_float32(self.head(fused.features[:, -1]))
        return logits.index_fill_(1, self.banned, -torch.inf)

    def _select(self, rows: LongTensor) -> None:
        for cache in (*self.encoder_caches, *self.fusion_caches):
            cache.select(rows)

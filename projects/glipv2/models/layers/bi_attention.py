"""Cross-attention between the locations of a pyramid and words.

Shapes: B batch, N locations, T tokens, H heads, D channels of a head, E = H * D,
C channels of a location.
"""

import math

import torch
import torch.nn.functional as F
from torch import BoolTensor, Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..device.precision import at_least_float32, exact_type
from .text_layer import join_heads, split_heads
from .word_matching import CLAMP

# Scores computed at once, over heads, tokens and a block of locations (our choice,
# measured: on the CPU a block stays in the cache; on a GPU a larger one keeps it busy).
BLOCK_SCORES = {'cpu': 1 << 19}
DEFAULT_BLOCK_SCORES = 1 << 26
# The score of padding; finite, so that a column of padding still has a softmax.
MASKED = -CLAMP
# Sums of exponentials within these bounds keep all digits without a shift by the
# maximum: far from the ends of float32, so that products with them stay in it, too.
LEAST_SUM, MOST_SUM = 1e-30, 1e30


class BiAttention(nn.Module):
    """Bidirectional cross-attention of locations and words (GLIP eq. 4 to 6).

    One score matrix ``A = (v W_v / sqrt(D)) (l W_l)^T`` serves both directions:
    softmax over tokens weighs the words for a location, softmax over locations weighs
    the image for a token. As in the released GLIP, the output is scaled per channel
    and added to the layer-normed input, not to the input itself.

    There are far more locations than words, so no location is ever projected to E
    channels: the query projection is multiplied into the keys, the output projection
    into the text values, and the average of the locations that a word attends to is
    projected afterwards. Scores are computed for a block of locations at a time, and
    again in the backward pass, so that they never exist all at once.

    Args:
        visual_dim: C, channels of a location.
        text_dim: Channels of a word.
        embed_dim: E, channels of all heads together.
        num_heads: H.
        dropout: Of the attention weights.
        layer_scale: Initial value of the per-channel scales; GLIP's code uses 1 /
            number of blocks.

    Raises:
        ValueError: If ``num_heads`` does not divide ``embed_dim``.
    """

    def __init__(
        self,
        visual_dim: int,
        text_dim: int,
        embed_dim: int = 2048,
        num_heads: int = 8,
        dropout: float = 0.1,
        layer_scale: float = 1 / 6,
    ) -> None:
        super().__init__()
        if embed_dim % num_heads:
            raise ValueError(
                f'embed_dim {embed_dim} is not a multiple of num_heads {num_heads}'
            )
        self.num_heads = num_heads
        self.dropout = dropout
        self.in_blocks = True  # an exported graph has one block of any size
        self.norm_visual = nn.LayerNorm(visual_dim)
        self.norm_text = nn.LayerNorm(text_dim)
        self.visual_query = nn.Linear(visual_dim, embed_dim)
        self.text_key = nn.Linear(text_dim, embed_dim)
        self.visual_value = nn.Linear(visual_dim, embed_dim)
        self.text_value = nn.Linear(text_dim, embed_dim)
        self.visual_out = nn.Linear(embed_dim, visual_dim)
        self.text_out = nn.Linear(embed_dim, text_dim)
        self.visual_scale = nn.Parameter(torch.full((visual_dim,), layer_scale))
        self.text_scale = nn.Parameter(torch.full((text_dim,), layer_scale))
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(
        self,
        visual: Tensor,
        text: Tensor,
        text_mask: BoolTensor,
        visual_mask: BoolTensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Let locations and words attend to each other.

        Args:
            visual: (B, N, visual_dim).
            text: (B, T, text_dim).
            text_mask: (B, T), true for real tokens; the others are ignored.
            visual_mask: (B, N), true for locations inside the image; the others are
                ignored. None: all are inside.

        Returns:
            Fused locations (B, N, visual_dim) and words (B, T, text_dim).
        """
        visual, text = self.norm_visual(visual), self.norm_text(text)
        keys, bias, values = self._absorb(text, text_mask)
        from_text, attended, mass = self._attend(
            visual, keys, bias, values, visual_mask
        )
        visual = visual + self.visual_scale * (from_text + self.visual_out.bias)
        text = text + self.text_scale * self.text_out(self._project(attended, mass))
        return visual, text

    def to_words(
        self, text: Tensor, visual: Tensor, visual_mask: BoolTensor | None = None
    ) -> Tensor:
        """Let words attend to locations only.

        The result for a word depends on no other word, so the words of several texts
        about an image may share a row.

        Args:
            text: (B, T, text_dim).
            visual: (B, N, visual_dim), after ``norm_visual``.
            visual_mask: As in :meth:`forward`.

        Returns:
            Fused words (B, T, text_dim), equal to those of :meth:`forward`.
        """
        text = self.norm_text(text)
        queries = self._query(self.text_key(text)).flatten(1, 2)  # (B, H*T, C)
        # One head of H*T queries: only 4-D inputs have kernels that store no scores.
        locations = visual.unsqueeze(1)
        attended = F.scaled_dot_product_attention(
            queries.unsqueeze(1),
            locations,
            locations,
            attn_mask=None if visual_mask is None else visual_mask[:, None, None],
            dropout_p=self.dropout if self.training else 0.0,
            scale=1.0,
        ).squeeze(1)
        mass = torch.ones_like(attended[..., :1])
        return text + self.text_scale * self.text_out(self._project(attended, mass))

    def _query(self, keys: Tensor) -> Tensor:
        """Multiply the locations' query projection into the words' keys.

        Args:
            keys: (B, T, E).

        Returns:
            (B, H, T, C), whose products with locations are the scores without
            ``visual_query.bias``, which adds the same to all locations of a word.
        """
        keys = split_heads(keys, self.num_heads)  # (B, H, T, D)
        query = self.visual_query.weight.unflatten(0, (self.num_heads, -1))
        return (keys / math.sqrt(keys.shape[-1])) @ query

    def _absorb(
        self, text: Tensor, text_mask: BoolTensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Multiply the locations' projections into the normed words.

        Returns:
            Keys (B, H*T, C), bias (B, 1, H*T) and values (B, H*T, C).
        """
        heads = self.num_heads
        keys = self.text_key(text)
        query_bias = self.visual_query.bias.unflatten(0, (heads, -1, 1))  # (H, D, 1)
        bias = (split_heads(keys, heads) @ query_bias).squeeze(-1)  # (B, H, T)
        bias = bias / math.sqrt(query_bias.shape[1])
        bias = bias.masked_fill(~text_mask[:, None], MASKED)
        out = self.visual_out.weight.unflatten(1, (heads, -1)).permute(1, 2, 0)
        values = split_heads(self.text_value(text), heads) @ out  # (B, H, T, C)
        keys, values = self._query(keys).flatten(1, 2), values.flatten(1, 2)
        return keys, bias.flatten(1).unsqueeze(1), values

    def _attend(
        self,
        visual: Tensor,
        keys: Tensor,
        bias: Tensor,
        values: Tensor,
        visual_mask: BoolTensor | None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Attend in both directions, one block of locations after the other.

        ``keys``, ``bias`` and ``values`` are those of :meth:`_absorb`.

        Returns:
            The text values for locations (B, N, C); the average of the locations for
            words (B, H*T, C); the sum of a word's attention weights (B, H*T, 1), 1
            without dropout; the last two at least float32.
        """
        if not self.in_blocks:
            return self._block(visual, keys, bias, values, visual_mask)[:3]
        batch, locations, _ = visual.shape
        most = BLOCK_SCORES.get(visual.device.type, DEFAULT_BLOCK_SCORES)
        size = max(1, most // (batch * keys.shape[1]))
        blocks = [
            (
                visual[:, start : start + size],
                keys,
                bias,
                values,
                None if visual_mask is None else visual_mask[:, start : start + size],
            )
            for start in range(0, locations, size)
        ]
        if torch.is_grad_enabled() and len(blocks) > 1:
            parts = [checkpoint(self._block, *x, use_reentrant=False) for x in blocks]
        else:
            parts = [self._block(*x) for x in blocks]
        from_text, attended, mass, log_total = zip(*parts)
        if len(parts) == 1:
            return from_text[0], attended[0], mass[0]
        share = torch.stack(log_total).softmax(0)  # (blocks, B, H*T, 1)
        attended, mass = torch.stack(attended), torch.stack(mass)
        return torch.cat(from_text, 1), (share * attended).sum(0), (share * mass).sum(0)

    def _block(
        self,
        visual: Tensor,
        keys: Tensor,
        bias: Tensor,
        values: Tensor,
        visual_mask: BoolTensor | None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Attend in both directions for n of the locations.

        Returns:
            As :meth:`_attend`, for softmax over these locations alone, and the
            logarithm of that softmax's denominator (B, H*T, 1).
        """
        scores = torch.baddbmm(bias, visual, keys.transpose(1, 2))  # (B, n, H*T)
        product = scores.dtype  # under autocast not that of the inputs
        if self._may_share_exponentials(scores):
            found = self._share_exponentials(scores, visual, bias, values, visual_mask)
            if found is not None:
                return found
        if product == torch.float16:
            scores = scores.clamp(-CLAMP, CLAMP)
        scores = at_least_float32(scores)
        to_words = scores.unflatten(2, (self.num_heads, -1)).softmax(3).flatten(2)
        from_text = self._drop(to_words).to(values.dtype) @ values  # (B, n, C)
        if visual_mask is not None:
            scores = scores.masked_fill(~visual_mask.unsqueeze(2), MASKED)
        peak = scores.detach().amax(1, keepdim=True)  # (B, 1, H*T)
        weights = scores.sub_(peak).exp_()
        total = weights.sum(1, keepdim=True)
        log_total = (peak + total.log()).transpose(1, 2)
        total = total.transpose(1, 2)  # (B, H*T, 1)
        weights = self._drop(weights).transpose(1, 2)  # (B, H*T, n)
        mass = torch.ones_like(total)
        if self.training and self.dropout > 0:
            mass = weights.sum(2, keepdim=True) / total
        if product == torch.float16:  # a plain sum would leave its range
            attended = (weights / total).to(visual.dtype) @ visual
        else:
            attended = weights.to(visual.dtype) @ visual / total  # (B, H*T, C)
        return from_text, at_least_float32(attended), mass, log_total

    def _may_share_exponentials(self, scores: Tensor) -> bool:
        """Say whether to try: a GPU would wait, a graph has no choice."""
        return not (
            torch.is_grad_enabled()
            or self.training
            or scores.device.type != 'cpu'
            or scores.dtype == torch.float16
            or torch.compiler.is_compiling()
            or not self.in_blocks
        )

    def _share_exponentials(
        self,
        scores: Tensor,
        visual: Tensor,
        bias: Tensor,
        values: Tensor,
        visual_mask: BoolTensor | None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor] | None:
        """Compute both softmaxes from one exponential, which halves the passes.

        In bfloat16 the exponentials are rounded as the weights would be, and sums are
        float32.

        Returns:
            As :meth:`_block`; None if scores are so far from 0 that sums lose digits.
        """
        weights = scores.exp()  # (B, n, H*T)
        exact = exact_type(scores)
        by_head = weights.unflatten(2, (self.num_heads, -1))
        of_words = by_head.sum(3, keepdim=True, dtype=exact)  # (B, n, H, 1)
        to_words = (by_head * of_words.reciprocal().to(weights.dtype)).flatten(2)
        if visual_mask is not None:
            weights = weights * visual_mask.unsqueeze(2)
        total = weights.sum(1, keepdim=True, dtype=exact)
        total = total.masked_fill(bias <= MASKED / 2, 1.0)  # padding's exponentials: 0
        ends = torch.stack([*of_words.aminmax(), *total.aminmax()])
        if not (ends > LEAST_SUM).logical_and(ends < MOST_SUM).all():
            return None
        from_text = to_words.to(values.dtype) @ values
        log_total, total = total.log().transpose(1, 2), total.transpose(1, 2)
        attended = weights.transpose(1, 2).to(visual.dtype) @ visual / total
        return from_text, at_least_float32(attended), torch.ones_like(total), log_total

    def _drop(self, weights: Tensor) -> Tensor:
        return F.dropout(weights, self.dropout, self.training)

    def _project(self, attended: Tensor, mass: Tensor) -> Tensor:
        """Project the average of locations (B, H*T, C) to values (B, T, E)."""
        heads = self.num_heads
        weight = self.visual_value.weight.unflatten(0, (heads, -1))  # (H, D, C)
        bias = self.visual_value.bias.unflatten(0, (heads, 1, -1))  # (H, 1, D)
        attended, mass = (
            x.to(weight.dtype).unflatten(1, (heads, -1)) for x in (attended, mass)
        )
        return join_heads(attended @ weight.transpose(1, 2) + mass * bias)

"""Attention between locations and words, and among words.

Shapes: B batch, N locations, T tokens, H heads, D channels of a head, E = H * D.
"""

from functools import partial

import torch
import torch.nn.functional as F
from torch import BoolTensor, Tensor, nn


class BiAttention(nn.Module):
    """Bidirectional cross-attention of locations and words (GLIP eq. 4 to 6).

    One score matrix ``A = (v W_v / sqrt(D)) (l W_l)^T`` serves both directions:
    softmax over the tokens of a location gives what the location reads from the
    text, softmax over the locations of a token what the token reads from the
    picture. As in the released GLIP, what is read is scaled per channel and added to
    the layer-normed input, not to the input itself.

    Args:
        visual_dim: Channels of a location.
        text_dim: Channels of a word.
        embed_dim: E, channels of all heads together.
        num_heads: H.
        dropout: Dropout of the attention weights.
        layer_scale: First value of the per-channel scales; the paper's code uses
            1 / number of blocks.

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
        """Let locations and words read from each other.

        Args:
            visual: (B, N, visual_dim).
            text: (B, T, text_dim).
            text_mask: (B, T), true for real tokens; nobody reads from the others.
            visual_mask: (B, N), true for locations of the picture itself; no word
                reads from the others. None: all are.

        Returns:
            Fused locations (B, N, visual_dim) and words (B, T, text_dim).
        """
        visual, text = self.norm_visual(visual), self.norm_text(text)
        split = partial(_split_heads, num_heads=self.num_heads)
        query, key = split(self.visual_query(visual)), split(self.text_key(text))
        attend = partial(
            F.scaled_dot_product_attention,
            dropout_p=self.dropout if self.training else 0.0,
        )
        # The scores are formed inside each call and never kept: N x T x H numbers a
        # direction would be most of the memory of a training step.
        from_text = attend(
            query, key, split(self.text_value(text)), attn_mask=_as_bias(text_mask)
        )
        from_visual = attend(
            key,
            query,
            split(self.visual_value(visual)),
            attn_mask=None if visual_mask is None else _as_bias(visual_mask),
        )
        visual = visual + self.visual_scale * self.visual_out(_join_heads(from_text))
        text = text + self.text_scale * self.text_out(_join_heads(from_visual))
        return visual, text


class TextLayer(nn.Module):
    """One post-norm transformer layer over the words, as in BERT.

    GLIP puts one, newly initialised, into every fusion block (GLIP section 3.2).

    Args:
        dim: Channels of a word.
        num_heads: Attention heads.
        feedforward_dim: Channels inside the feed-forward part.
        dropout: Dropout of attention weights and of both outputs.
        eps: Of the layer norms.

    Raises:
        ValueError: If ``num_heads`` does not divide ``dim``.
    """

    def __init__(
        self,
        dim: int = 768,
        num_heads: int = 12,
        feedforward_dim: int = 3072,
        dropout: float = 0.1,
        eps: float = 1e-12,
    ) -> None:
        super().__init__()
        if dim % num_heads:
            raise ValueError(f'dim {dim} is not a multiple of num_heads {num_heads}')
        self.num_heads = num_heads
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.attention_out = nn.Linear(dim, dim)
        self.attention_norm = nn.LayerNorm(dim, eps=eps)
        self.feedforward_in = nn.Linear(dim, feedforward_dim)
        self.feedforward_out = nn.Linear(feedforward_dim, dim)
        self.feedforward_norm = nn.LayerNorm(dim, eps=eps)
        self.dropout = nn.Dropout(dropout)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)

    def forward(self, text: Tensor, mask: BoolTensor) -> Tensor:
        """Let the words of each text read from each other.

        Args:
            text: (B, T, dim).
            mask: (B, T), true for real tokens; nobody reads from the others.

        Returns:
            (B, T, dim).
        """
        split = partial(_split_heads, num_heads=self.num_heads)
        read = F.scaled_dot_product_attention(
            split(self.query(text)),
            split(self.key(text)),
            split(self.value(text)),
            attn_mask=_as_bias(mask),
            dropout_p=self.dropout.p if self.training else 0.0,
        )
        read = self.dropout(self.attention_out(_join_heads(read)))
        text = self.attention_norm(text + read)
        inner = F.gelu(self.feedforward_in(text))
        return self.feedforward_norm(text + self.dropout(self.feedforward_out(inner)))


def _split_heads(x: Tensor, num_heads: int) -> Tensor:
    return x.unflatten(-1, (num_heads, -1)).transpose(1, 2)  # (B, H, N or T, D)


def _join_heads(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)  # (B, N or T, E)


def _as_bias(mask: BoolTensor) -> BoolTensor:
    return mask[:, None, None, :]  # over heads and readers

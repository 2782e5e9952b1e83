"""Attention among words: BERT's layer."""

from functools import partial

import torch.nn.functional as F
from torch import BoolTensor, Tensor, nn

from .kv_cache import LayerCache


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

    def forward(
        self, text: Tensor, mask: BoolTensor, cache: LayerCache | None = None
    ) -> Tensor:
        """Let the words of each text read from each other.

        Args:
            text: (B, T, dim).
            mask: (B, T), true for real tokens, nobody reads from the others; or
                (B, T, T), true where the first may read the second; with ``cache``
                the second is any word so far.
            cache: Of the words before these; gets these too.

        Returns:
            (B, T, dim).
        """
        split = partial(split_heads, num_heads=self.num_heads)
        key, value = split(self.key(text)), split(self.value(text))
        if cache is not None:
            key, value = cache.extend(key, value)
        read = F.scaled_dot_product_attention(
            split(self.query(text)),
            key,
            value,
            attn_mask=over_heads(mask),
            dropout_p=self.dropout.p if self.training else 0.0,
        )
        read = self.dropout(self.attention_out(join_heads(read)))
        text = self.attention_norm(text + read)
        inner = F.gelu(self.feedforward_in(text))
        return self.feedforward_norm(text + self.dropout(self.feedforward_out(inner)))


def split_heads(x: Tensor, num_heads: int) -> Tensor:
    """Divide channels among heads.

    Args:
        x: (B, N, E).
        num_heads: H.

    Returns:
        (B, H, N, D).
    """
    return x.unflatten(-1, (num_heads, -1)).transpose(1, 2)  # (B, H, N or T, D)


def join_heads(x: Tensor) -> Tensor:
    """Undo :func:`split_heads`.

    Args:
        x: (B, H, N, D).

    Returns:
        (B, N, E).
    """
    return x.transpose(1, 2).flatten(2)  # (B, N or T, E)


def over_heads(mask: BoolTensor) -> BoolTensor:
    """Say for every head who may be read.

    Args:
        mask: (B, T), true for words that all may read, or (B, T, T), true where the
            first may read the second.

    Returns:
        (B, 1, 1 or T, T).
    """
    return mask[:, None, None, :] if mask.dim() == 2 else mask[:, None]

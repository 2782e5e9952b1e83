"""Self-attention among words: BERT's layer."""

import torch.nn.functional as F
from torch import BoolTensor, Tensor, nn

from .kv_cache import KVCache


class TextLayer(nn.Module):
    """One post-norm transformer layer over the words, as in BERT.

    Every fusion block has one, newly initialised (GLIP section 3.2).

    Args:
        dim: Channels of a word.
        num_heads: Attention heads.
        feedforward_dim: Channels inside the feed-forward part.
        dropout: Of the attention weights and both outputs.
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
        self, text: Tensor, mask: BoolTensor, cache: KVCache | None = None
    ) -> Tensor:
        """Let the words of each text attend to each other.

        Args:
            text: (B, T, dim).
            mask: As in :func:`self_attention`.
            cache: Likewise.

        Returns:
            (B, T, dim).
        """
        key, value = self.key(text), self.value(text)
        attended = self_attention(
            self.query(text),
            key,
            value,
            self.num_heads,
            mask,
            self.dropout.p if self.training else 0.0,
            cache,
        )
        attended = self.dropout(self.attention_out(attended))
        text = self.attention_norm(text + attended)
        inner = F.gelu(self.feedforward_in(text))
        return self.feedforward_norm(text + self.dropout(self.feedforward_out(inner)))


def self_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    num_heads: int,
    mask: BoolTensor,
    dropout: float = 0.0,
    cache: KVCache | None = None,
) -> Tensor:
    """Attend among the tokens of each text.

    Args:
        query: (B, T, E).
        key: (B, T, E).
        value: (B, T, E).
        num_heads: H.
        mask: (B, T), true for tokens that all may attend to, or (B, T, T), true where
            the first token may attend to the second; with ``cache`` the second is
            any token so far.
        dropout: Of the attention weights.
        cache: KV cache of earlier tokens; updated in place.

    Returns:
        (B, T, E).
    """
    query, key, value = (split_heads(x, num_heads) for x in (query, key, value))
    if cache is not None:
        key, value = cache.extend(key, value)
    mask = mask[:, None, None, :] if mask.dim() == 2 else mask[:, None]
    return join_heads(
        F.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, dropout_p=dropout
        )
    )


def split_heads(x: Tensor, num_heads: int) -> Tensor:
    """Divide the channels of (B, N, E) among heads: (B, H, N, D)."""
    return x.unflatten(-1, (num_heads, -1)).transpose(1, 2)


def join_heads(x: Tensor) -> Tensor:
    """Undo :func:`split_heads`."""
    return x.transpose(1, 2).flatten(2)

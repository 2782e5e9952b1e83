"""Attention from one sequence to another, and the MLP beside it, as MQ-Det has them."""

import torch
from torch import BoolTensor, Tensor, nn

# Added to a score that must not count; fits into float16 (MQ-Det).
EXCLUDED = -1e4


class CrossAttention(nn.Module):
    """Multi-head attention with norms before it and no biases.

    Args:
        dim: Channels D of queries and keys.
        out_dim: Channels of the result.
        num_heads: Heads.
        head_dim: Channels of a head.
    """

    def __init__(self, dim: int, out_dim: int, num_heads: int, head_dim: int) -> None:
        super().__init__()
        inner = num_heads * head_dim
        self.num_heads = num_heads
        self.scale = head_dim**-0.5
        self.norm = nn.LayerNorm(dim)
        self.norm_kv = nn.LayerNorm(dim)
        self.to_q = nn.Linear(dim, inner, bias=False)
        self.to_kv = nn.Linear(dim, 2 * inner, bias=False)
        self.to_out = nn.Linear(inner, out_dim, bias=False)

    def forward(
        self, x: Tensor, source: Tensor, allowed: BoolTensor | None = None
    ) -> Tensor:
        """Read from ``source``.

        Args:
            x: (B, T, D).
            source: (B, V, D).
            allowed: (B, T, V), what each query may read; None: everything.

        Returns:
            (B, T, out_dim); zero for a query that may read nothing.
        """
        key, value = self.to_kv(self.norm_kv(source)).chunk(2, -1)
        query, key, value = (
            each.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for each in (self.to_q(self.norm(x)) * self.scale, key, value)
        )
        scores = query @ key.transpose(-1, -2)  # (B, heads, T, V)
        if allowed is not None:
            allowed = allowed[:, None]
            scores = scores + EXCLUDED * ~allowed
        weights = scores.softmax(-1)
        if allowed is not None:
            weights = weights * allowed
        read = (weights.to(value.dtype) @ value).transpose(1, 2).flatten(2)
        return self.to_out(read)


class FeedForward(nn.Module):
    """Norm, linear, GELU, linear, without biases.

    Args:
        dim: Channels D.
        hidden_dim: Channels inside.
        out_dim: Channels of the result.
    """

    def __init__(self, dim: int, hidden_dim: int, out_dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.linear1 = nn.Linear(dim, hidden_dim, bias=False)
        self.linear2 = nn.Linear(hidden_dim, out_dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., D) to (..., out_dim)."""
        return self.linear2(torch.nn.functional.gelu(self.linear1(self.norm(x))))

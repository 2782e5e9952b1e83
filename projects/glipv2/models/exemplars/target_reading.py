"""TargetReading: examples first read the image in which their name is looked for."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from ..layers.levels import join_levels
from .cross_attention import CrossAttention, FeedForward

FEEDFORWARD = 4  # times the channels (MQ-Det)


class TargetReading(nn.Module):
    """One block of MQ-Det's ``pre_select``.

    Args:
        dim: C of queries and of O0.
        out_dim: Channels of the result; those of a word after the last block.
        num_heads: Heads.
        head_dim: Channels of a head.
    """

    def __init__(self, dim: int, out_dim: int, num_heads: int, head_dim: int) -> None:
        super().__init__()
        self.attention = CrossAttention(dim, out_dim, num_heads, head_dim)
        self.feedforward = FeedForward(out_dim, FEEDFORWARD * out_dim, out_dim)
        self.shortcut: nn.Module = nn.Identity()
        if dim != out_dim:
            self.shortcut = nn.Linear(dim, out_dim, bias=False)

    def forward(self, queries: Tensor, locations: Tensor) -> Tensor:
        """Let examples read an image.

        Args:
            queries: (B, V, C).
            locations: (B, N, C) of :func:`pooled_locations`.

        Returns:
            (B, V, out_dim).
        """
        x = self.attention(queries, locations) + self.shortcut(queries)
        return self.feedforward(x) + x


def pooled_locations(pyramid: Sequence[Tensor]) -> Tensor:
    """Halve the levels of O0 and join them.

    Padding counts as MQ-Det's does; images are predicted at their own size, so that
    no result depends on the batch.

    Args:
        pyramid: O0, levels (B, C, H_i, W_i).

    Returns:
        (B, N, C).
    """
    return join_levels(
        [F.avg_pool2d(x, [min(2, side) for side in x.shape[-2:]]) for x in pyramid]
    )

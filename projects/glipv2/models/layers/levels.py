"""Joining the levels of a pyramid to one sequence of locations, and splitting it."""

from collections.abc import Sequence

import torch
from torch import BoolTensor, Tensor


def join_levels(levels: Sequence[Tensor]) -> Tensor:
    """Join levels (B, C, H_i, W_i), finest first, to locations (B, N, C).

    Channels are last in memory, too, so that DyConv copies nothing.
    """
    return torch.cat([x.permute(0, 2, 3, 1).flatten(1, 2) for x in levels], 1)


def join_masks(inside: Sequence[BoolTensor] | None) -> BoolTensor | None:
    """Join masks (B, H_i, W_i) of the levels to (B, N); None stays None."""
    if inside is None:
        return None
    return torch.cat([keep.flatten(1) for keep in inside], 1)


def split_levels(locations: Tensor, like: Sequence[Tensor]) -> list[Tensor]:
    """Undo :func:`join_levels`.

    Args:
        locations: (B, N, C).
        like: Levels of the wanted sizes, (..., H_i, W_i).

    Returns:
        The pyramid (B, C, H_i, W_i).
    """
    sizes = [x.shape[-2:] for x in like]
    levels = locations.split([h * w for h, w in sizes], 1)
    return [
        level.unflatten(1, size).permute(0, 3, 1, 2)
        for level, size in zip(levels, sizes)
    ]

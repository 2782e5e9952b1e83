"""From one pyramid level to the next one, by stride and within the image.

Level i + 1 has twice the stride of level i, so that fine location y lies at coarse
coordinate (y + 0.5) / 2 - 0.5, however large the levels are. What lies beyond an
image's border has no weight: the nearest locations inside take its place.

Shapes: B batch, C channels, H x W the finer level, h x w the coarser one, whose sides
are half as long, rounded up. ``inside`` is (B, 1, height, width) of the level that is
resized, one where a location lies in its image, else zero; None: all lie inside.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor

# The least part of an average that a location inside its image has.
CELL = 1 / 4
CORNER = 1 / 16


def check_halving(sizes: Sequence[tuple[int, int]]) -> None:
    """Refuse a pyramid whose levels do not halve.

    Args:
        sizes: (height, width) of every level, finest first.

    Raises:
        ValueError: If a level is not half of the one before, rounded up.
    """
    for level, (fine, coarse) in enumerate(pairwise(sizes)):
        half = tuple((side + 1) // 2 for side in fine)
        if tuple(coarse) != half:
            raise ValueError(
                f'pyramid level {level + 1} is {tuple(coarse)}, but half of level '
                f'{level}, {tuple(fine)}, is {half}; each level needs twice the '
                'stride of the one before, sides rounded up: set '
                'data_preprocessor.pad_size_divisor to a multiple of the coarsest '
                "backbone stage's stride"
            )


def to_coarser(x: Tensor, inside: Tensor | None) -> Tensor:
    """Average the 2 x 2 locations that lie in a coarser one.

    Args:
        x: (B, C, H, W).
        inside: (B, 1, H, W) of ones and zeros, or None.

    Returns:
        (B, C, h, w); zero outside the image.
    """
    if inside is None:
        return F.avg_pool2d(x, 2, ceil_mode=True)  # beyond a side nothing counts
    # One row and column more, so that odd sides are rounded up.
    return _weighed(
        lambda part: F.avg_pool2d(F.pad(part, (0, 1, 0, 1)), 2), x, inside, CELL
    )


def to_finer(x: Tensor, size: tuple[int, int], inside: Tensor | None) -> Tensor:
    """Interpolate bilinearly.

    Args:
        x: (B, C, h, w).
        size: (H, W).
        inside: (B, 1, h, w) of ones and zeros, or None.

    Returns:
        (B, C, H, W); zero where no location inside the image is near.
    """

    def double(part: Tensor) -> Tensor:
        doubled = F.interpolate(
            part, scale_factor=2, mode='bilinear', align_corners=False
        )
        return doubled[..., : size[0], : size[1]]

    return double(x) if inside is None else _weighed(double, x, inside, CORNER)


def _weighed(
    average: Callable[[Tensor], Tensor], x: Tensor, inside: Tensor, least: float
) -> Tensor:
    """Let only locations inside count in an average: dividing by their share of it
    clamps coordinates at the image's border."""
    inside = inside.to(x.dtype)
    return average(x * inside) / average(inside).clamp(min=least)

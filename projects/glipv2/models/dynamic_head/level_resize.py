"""Resizing between neighbouring pyramid levels, by stride and within the image.

Level i + 1 has twice the stride of level i, so fine location y has the coarse
coordinate (y + 0.5) / 2 - 0.5 for any size of the levels. Padding has weight zero: the
nearest locations inside the image take its place.

Shapes: B batch, C channels, H x W the finer level, h x w the coarser one, half as
large, rounded up. ``inside`` is (B, 1, height, width) of the level that is resized, one
where a location lies in its image, else zero; None: everywhere.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor

# The smallest weight of a location inside its image in an average.
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
        inside: (B, 1, H, W), or None.

    Returns:
        (B, C, h, w); zero outside the image.
    """
    if inside is None:
        return F.avg_pool2d(x, 2, ceil_mode=True)  # ignores what is beyond a side
    # One more row and column, so that odd sides are rounded up.
    return _average_inside(
        lambda part: F.avg_pool2d(F.pad(part, (0, 1, 0, 1)), 2), x, inside, CELL
    )


def to_finer(x: Tensor, size: tuple[int, int], inside: Tensor | None) -> Tensor:
    """Interpolate bilinearly.

    Args:
        x: (B, C, h, w).
        size: (H, W).
        inside: (B, 1, h, w), or None.

    Returns:
        (B, C, H, W); zero far outside the image.
    """

    def double(part: Tensor) -> Tensor:
        doubled = F.interpolate(
            part, scale_factor=2, mode='bilinear', align_corners=False
        )
        return doubled[..., : size[0], : size[1]]

    return double(x) if inside is None else _average_inside(double, x, inside, CORNER)


def _average_inside(
    average: Callable[[Tensor], Tensor], x: Tensor, inside: Tensor, least: float
) -> Tensor:
    """Average over the image only, which clamps coordinates at its border."""
    inside = inside.to(x.dtype)
    return average(x * inside) / average(inside).clamp(min=least)

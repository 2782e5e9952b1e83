"""DyConv: the dynamic head's block over a feature pyramid."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmdet.models.layers import DyReLU
from torch import Tensor, nn

from .deformable_conv import POINTS, DeformableConv3x3


class NormedDeformableConv(nn.Module):
    """Deformable 3x3 convolution and group norm.

    Args:
        channels: C, in and out.
        stride: Of the output on the input.
        norm_groups: Groups of the norm.
    """

    def __init__(self, channels: int, stride: int, norm_groups: int) -> None:
        super().__init__()
        self.conv = DeformableConv3x3(channels, channels, stride)
        self.norm = nn.GroupNorm(norm_groups, channels)

    def forward(self, x: Tensor, offset: Tensor, mask: Tensor) -> Tensor:
        """Convolve and normalise.

        Args:
            x: (B, C, H, W).
            offset: (B, 18, h, w) in pixels of ``x``.
            mask: (B, 9, h, w).

        Returns:
            (B, C, h, w).
        """
        return self.norm(self.conv(x, offset, mask))


class DyConv(nn.Module):
    """Scale-, space- and task-aware attention over a pyramid (Dynamic Head,
    arXiv 2106.08322; the form of GLIP's released code).

    Each level is convolved with points shifted and weighted by what it predicts for
    itself, joined with the finer level (stride 2) and the coarser one (brought to
    size), weighted per source, and activated by DyReLU.

    Args:
        channels: C of every level.
        norm_groups: Groups of the norms.
        legacy_offsets: How the coarser level gets points that were predicted on this,
            larger level. False: they are resized. True: as the released GLIP weights
            were trained, see :func:`read_legacy`.
    """

    def __init__(
        self, channels: int, norm_groups: int = 16, legacy_offsets: bool = False
    ) -> None:
        super().__init__()
        self.legacy_offsets = legacy_offsets
        self.from_coarser = NormedDeformableConv(channels, 1, norm_groups)
        self.from_same = NormedDeformableConv(channels, 1, norm_groups)
        self.from_finer = NormedDeformableConv(channels, 2, norm_groups)
        self.offset = nn.Conv2d(channels, 3 * POINTS, 3, padding=1)
        self.source_weight = nn.Conv2d(channels, 1, 1)
        self.activation = DyReLU(channels)
        # Zero offsets and equal masks first: the block starts as plain convolutions.
        nn.init.zeros_(self.offset.weight)
        nn.init.zeros_(self.offset.bias)
        nn.init.normal_(self.source_weight.weight, std=0.01)
        nn.init.zeros_(self.source_weight.bias)

    def forward(self, pyramid: Sequence[Tensor]) -> list[Tensor]:
        """Transform a pyramid.

        Args:
            pyramid: Levels (B, C, H_i, W_i), finest first.

        Returns:
            Levels of the same shapes.
        """
        return [self._level(pyramid, level) for level in range(len(pyramid))]

    def _level(self, pyramid: Sequence[Tensor], level: int) -> Tensor:
        x = pyramid[level]
        points = self.offset(x)  # (B, 27, h, w)
        offset, mask = points[:, : 2 * POINTS], points[:, 2 * POINTS :].sigmoid()
        sources = [self.from_same(x, offset, mask)]
        if level > 0:
            sources.append(self.from_finer(pyramid[level - 1], offset, mask))
        if level < len(pyramid) - 1:
            coarser = pyramid[level + 1]
            # The points were predicted on this level; the coarser one has its own
            # grid.
            fit = read_legacy if self.legacy_offsets else _resize
            size = coarser.shape[-2:]
            convolved = self.from_coarser(coarser, fit(offset, size), fit(mask, size))
            sources.append(_resize(convolved, x.shape[-2:]))
        weighted = [source * self._weight(source) for source in sources]
        return self.activation(torch.stack(weighted).mean(0))

    def _weight(self, source: Tensor) -> Tensor:
        pooled = F.adaptive_avg_pool2d(source, 1)
        return F.hardsigmoid(F.relu(self.source_weight(pooled)))  # (B, 1, 1, 1)


def read_legacy(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Read points of a larger grid as if they were of a smaller one.

    The original code hands a level's points to the convolution on the coarser level
    as they are, and the operator reads a picture's numbers one after the other with
    the smaller grid's strides. The released weights know it no other way.

    Args:
        x: (B, K, H, W).
        size: (h, w) with h * w <= H * W.

    Returns:
        (B, K, h, w): the first K * h * w numbers of each picture.
    """
    height, width = size
    count = x.shape[1] * height * width
    return x.flatten(1)[:, :count].unflatten(1, (x.shape[1], height, width))


def _resize(x: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(x, size, mode='bilinear', align_corners=True)

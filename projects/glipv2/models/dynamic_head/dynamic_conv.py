"""DyConv: the Dynamic Head's block over a feature pyramid."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import BoolTensor, Tensor, nn

from .deformable_conv import POINTS, DeformableConv3x3
from .dynamic_relu import DyReLUInside
from .inside_statistics import GroupNormInside, mean_inside
from .level_resize import check_halving, to_coarser, to_finer


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
        self.norm = GroupNormInside(norm_groups, channels)

    def forward(
        self, x: Tensor, offset: Tensor, mask: Tensor, inside: Tensor | None
    ) -> Tensor:
        """Convolve and normalise.

        Args:
            x: (B, C, H, W).
            offset: As in :class:`DeformableConv3x3`.
            mask: Likewise.
            inside: (B, 1, h, w), as in ``inside_statistics.py``.

        Returns:
            (B, C, h, w).
        """
        return self.norm(self.conv(x, offset, mask), inside)


class DyConv(nn.Module):
    """Scale-, space- and task-aware attention over a pyramid (Dynamic Head,
    arXiv 2106.08322; the form of GLIP's released code).

    A level predicts offsets and masks, by which it, the finer level (stride 2) and the
    coarser level (resized) are convolved. The results are weighted, averaged and
    activated by DyReLU. With ``inside``, padding does not change the result.

    Args:
        channels: C of every level.
        norm_groups: Groups of the norms.
        legacy_offsets: How offsets and results are resized from and to the coarser
            level. False: by strides (``level_resize.py``). True: as the released
            GLIP weights were trained, by :func:`read_legacy` and with aligned corners;
            both depend on the padded size.
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
        self.activation = DyReLUInside(channels)
        # Offsets start at zero and masks equal, as in plain convolutions.
        nn.init.zeros_(self.offset.weight)
        nn.init.zeros_(self.offset.bias)
        nn.init.normal_(self.source_weight.weight, std=0.01)
        nn.init.zeros_(self.source_weight.bias)

    def forward(
        self, pyramid: Sequence[Tensor], inside: Sequence[BoolTensor] | None = None
    ) -> list[Tensor]:
        """Transform a pyramid.

        Args:
            pyramid: Levels (B, C, H_i, W_i), finest first.
            inside: Per level (B, H_i, W_i), true in the image, which is at the top
                left; None: everywhere.

        Returns:
            Levels of the same shapes.

        Raises:
            ValueError: If a level is not half the size of the one before.
        """
        if not self.legacy_offsets:
            check_halving([x.shape[-2:] for x in pyramid])
        if inside is None:
            areas = [None] * len(pyramid)
        else:
            areas = [area[:, None].to(x.dtype) for x, area in zip(pyramid, inside)]
            # So that the convolutions treat an image's padding like their own.
            pyramid = [x * area for x, area in zip(pyramid, areas)]
        return [self._level(pyramid, areas, level) for level in range(len(pyramid))]

    def _level(
        self, pyramid: Sequence[Tensor], areas: Sequence[Tensor | None], level: int
    ) -> Tensor:
        x, area = pyramid[level], areas[level]
        points = self.offset(x)  # (B, 27, h, w)
        offset, mask = points[:, : 2 * POINTS], points[:, 2 * POINTS :].sigmoid()
        sources = [self.from_same(x, offset, mask, area)]
        if level > 0:
            sources.append(self.from_finer(pyramid[level - 1], offset, mask, area))
        if level < len(pyramid) - 1:
            coarser, coarse_area = pyramid[level + 1], areas[level + 1]
            # They were predicted on this level's grid.
            if self.legacy_offsets:
                size = coarser.shape[-2:]
                offset, mask = read_legacy(offset, size), read_legacy(mask, size)
            else:
                offset, mask = to_coarser(offset, area), to_coarser(mask, area)
            convolved = self.from_coarser(coarser, offset, mask, coarse_area)
            sources.append(self._enlarge(convolved, x.shape[-2:], coarse_area))
        # A mean of the stacked sources takes ten times as long on a CPU.
        total = sources[0] * self._weight(sources[0], area)
        for source in sources[1:]:
            total = torch.addcmul(total, source, self._weight(source, area))
        return self.activation(total / len(sources), area)

    def _enlarge(self, x: Tensor, size: tuple[int, int], area: Tensor | None) -> Tensor:
        if self.legacy_offsets:
            return F.interpolate(x, size, mode='bilinear', align_corners=True)
        return to_finer(x, size, area)

    def _weight(self, source: Tensor, area: Tensor | None) -> Tensor:
        pooled = mean_inside(source, area)
        return F.hardsigmoid(F.relu(self.source_weight(pooled)))  # (B, 1, 1, 1)


def read_legacy(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Reinterpret offsets or masks of a larger grid as those of a smaller one.

    GLIP's code passes a level's offsets to the convolution of the coarser level as
    they are, and the operator reads an image's numbers in memory order with the
    smaller grid's strides. The released weights were trained so.

    Args:
        x: (B, K, H, W).
        size: (h, w) with h * w <= H * W.

    Returns:
        (B, K, h, w): the first K * h * w numbers of each image.
    """
    height, width = size
    count = x.shape[1] * height * width
    return x.flatten(1)[:, :count].unflatten(1, (x.shape[1], height, width))

"""RoIAlign as products of matrices, for exported graphs.

Bilinear samples on a grid are a weight per row times a weight per column, and so is
their mean in a cell. Shapes: B prompts, C channels, R boxes, S side of a region's
features, n samples of a cell's side, H x W a level.
"""

from collections.abc import Sequence

import torch
from mmdet.models.roi_heads.roi_extractors import SingleRoIExtractor
from torch import LongTensor, Tensor, nn


class RegionFeatures(nn.Module):
    """mmdet's ``SingleRoIExtractor`` with ``RoIAlign``, of standard operators.

    Args:
        extractor: The extractor to replace; it has no weights.
    """

    def __init__(self, extractor: SingleRoIExtractor) -> None:
        super().__init__()
        self.finest_scale = extractor.finest_scale
        layers = extractor.roi_layers
        self.scales = [layer.spatial_scale for layer in layers]
        self.side = layers[0].output_size[0]
        self.sampling_ratio = layers[0].sampling_ratio
        self.shift = 0.5 if layers[0].aligned else 0.0

    def forward(
        self, pyramid: Sequence[Tensor], boxes: Tensor, prompt: LongTensor
    ) -> Tensor:
        """Extract the features of boxes.

        Args:
            pyramid: Levels (B, C, H_i, W_i).
            boxes: (R, 4) in pixels of the input.
            prompt: (R,), place in the batch of each box.

        Returns:
            (R, C, S, S).
        """
        level_of_box = self._level_of(boxes)
        regions = 0
        for number, scale in enumerate(self.scales):
            level = pyramid[number]
            own = boxes * scale - self.shift
            columns = self._weights(own[:, 0], own[:, 2], level.shape[3])  # (R, S, W)
            rows = self._weights(own[:, 1], own[:, 3], level.shape[2])  # (R, S, H)
            for place, features in enumerate(level):
                mine = (level_of_box == number) & (prompt == place)
                weights = (rows * mine[:, None, None]).to(features.dtype)
                by_width = features.permute(2, 1, 0).flatten(1)  # (W, H * C)
                read = columns.to(features.dtype).flatten(0, 1) @ by_width
                read = read.view(boxes.shape[0], self.side, features.shape[1], -1)
                # (R, S columns, H, C) -> (R, H, S columns * C)
                read = read.transpose(1, 2).flatten(2)
                regions = regions + weights @ read  # (R, S rows, S columns * C)
        regions = regions.unflatten(2, (self.side, -1))
        return regions.permute(0, 3, 1, 2)

    def _level_of(self, boxes: Tensor) -> LongTensor:
        """Choose the level of each box by its size, as FPN and mmdet do."""
        extent = (boxes[:, 2:] - boxes[:, :2]).clamp(min=0)
        level = torch.log2(extent.prod(1).sqrt() / self.finest_scale + 1e-6).floor()
        return level.clamp(0, len(self.scales) - 1).long()

    def _weights(self, start: Tensor, end: Tensor, length: int) -> Tensor:
        """Compute the weight of each row or column of a level in each cell of a box.

        Args:
            start: (R,) first edge in the level's pixels.
            end: (R,) last edge.
            length: Lines of the level.

        Returns:
            (R, S, length).
        """
        cell = ((end - start) / self.side)[:, None, None]  # (R, 1, 1)
        if self.sampling_ratio > 0:
            most, count = (
                self.sampling_ratio,
                torch.full_like(cell, self.sampling_ratio),
            )
        else:
            # A box lies in the image, so a cell has no more samples than this.
            most, count = length // self.side + 2, cell.ceil()
        sample = torch.arange(most, device=start.device)
        index = torch.arange(self.side, device=start.device)[:, None]
        line = torch.arange(length, device=start.device)
        safe = count.clamp(min=1)
        place = start[:, None, None] + cell * (index + (sample + 0.5) / safe)
        counts = (sample < count) & (place >= -1) & (place <= length)
        place = place.clamp(0, length - 1)  # (R, S, n)
        weights = (1 - (place[..., None] - line).abs()).clamp(min=0)
        return (weights * counts[..., None]).sum(2) / safe

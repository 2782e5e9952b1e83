"""DyReLU whose coefficients do not depend on the batch's padding."""

import torch
from mmdet.models.layers import DyReLU
from torch import Tensor

from .inside_statistics import mean_inside


class DyReLUInside(DyReLU):
    """Task-aware attention of the Dynamic Head (arXiv 2106.08322, section 3.2), with
    mmdet's layers and parameters, pooled over the image itself.

    Args:
        channels: C.
    """

    def forward(self, x: Tensor, inside: Tensor | None = None) -> Tensor:
        """Activate each channel by the larger of two lines.

        Args:
            x: (B, C, H, W).
            inside: (B, 1, H, W), as in ``inside_statistics.py``.

        Returns:
            (B, C, H, W).
        """
        lines = self.conv2(self.conv1(mean_inside(x, inside))) - 0.5  # (B, 4C, 1, 1)
        slope, shift, other_slope, other_shift = lines.chunk(self.expansion, 1)
        return torch.max(
            x * (slope * 2 + 1) + shift, x * (other_slope * 2) + other_shift
        )

"""Hourglass network over features of regions (GLIPv2 section 3.3; arXiv 1603.06937).

Shapes: R regions, C channels, S side of a region's features.
"""

import torch.nn.functional as F
from torch import Tensor, nn


class Residual(nn.Module):
    """Bottleneck of three convolutions, each after a ReLU.

    Args:
        channels: C, even.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // 2
        self.layers = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(channels, inner, 1),
            nn.ReLU(),
            nn.Conv2d(inner, inner, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(inner, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Transform features (R, C, S, S); the shape stays."""
        return x + self.layers(x)


class Hourglass(nn.Module):
    """Process features at several scales and add them up.

    Args:
        scales: Number of halvings; 2 ** scales must divide S.
        channels: C, even.
    """

    def __init__(self, scales: int, channels: int) -> None:
        super().__init__()
        self.full = Residual(channels)
        self.enter = Residual(channels)
        self.inside = (
            Hourglass(scales - 1, channels) if scales > 1 else Residual(channels)
        )
        self.leave = Residual(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Transform features (R, C, S, S); the shape stays."""
        small = self.leave(self.inside(self.enter(F.max_pool2d(x, 2))))
        return self.full(x) + F.interpolate(small, scale_factor=2, mode='nearest')

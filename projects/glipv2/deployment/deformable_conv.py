"""Modulated deformable 3x3 convolution of standard operators.

Shapes: C and O channels in and out, K = 9 kernel points, H x W the input, h x w the
output.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from ..models.dynamic_head.deformable_conv import DeformableConv3x3, corners


class GraphDeformableConv3x3(nn.Module):
    """``DeformableConv3x3`` as one gather per corner, a weighted sum and a product."""

    def __init__(self, conv: DeformableConv3x3) -> None:
        super().__init__()
        self.stride = conv.stride
        self.bias = conv.bias
        # Kernel weights in the order of the gathered points.
        kernel = conv.weight.detach().permute(0, 2, 3, 1).flatten(1)
        self.register_buffer('kernel', kernel.contiguous())  # (O, K * C)

    def forward(self, x: Tensor, offset: Tensor, mask: Tensor) -> Tensor:
        """Convolve; arguments and result as of ``DeformableConv3x3.forward``."""
        batch, channels, height, width = x.shape
        rows, weights = corners(offset, mask, (height, width), self.stride)
        table = x.permute(0, 2, 3, 1).reshape(-1, channels)  # (B * H * W, C)
        weights = weights.to(x.dtype)
        points = sum(
            table[rows[:, corner]] * weights[:, corner, None] for corner in range(4)
        )  # (B * h * w * K, C)
        out = F.linear(points.reshape(-1, self.kernel.shape[1]), self.kernel, self.bias)
        out = out.view(batch, *offset.shape[-2:], -1)
        return out.permute(0, 3, 1, 2)

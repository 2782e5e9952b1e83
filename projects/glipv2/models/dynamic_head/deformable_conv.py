"""Modulated deformable 3x3 convolution: mmcv's operator, or gather and product.

Shapes: B batch, C and O channels in and out, K = 9 kernel points, H x W the input,
h x w the output.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..device.compiled_operators import deform_conv3x3
from ..device.precision import at_least_float32

KERNEL = 3
POINTS = KERNEL * KERNEL
# Elements gathered at once without gradients (our choice, measured on CPUs).
BLOCK_COLUMNS = 1 << 22
OPERATORS = ('auto', 'mmcv', 'gather')


class DeformableConv3x3(nn.Module):
    """Deformable convolution v2 with given offsets and masks (arXiv 1811.11168).

    Args:
        in_channels: C.
        out_channels: O.
        stride: Of the output on the input.

    Attributes:
        operator: The implementation, set on the class or on one module: ``'mmcv'``:
            mmcv's compiled operator; ``'gather'``: standard operators; ``'auto'``:
            mmcv's on CUDA, else the gather, which is faster there.
    """

    operator: ClassVar[str] = 'auto'

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, KERNEL, KERNEL)
        )
        self.bias = nn.Parameter(torch.zeros(out_channels))
        nn.init.normal_(self.weight, std=0.01)

    def forward(self, x: Tensor, offset: Tensor, mask: Tensor) -> Tensor:
        """Convolve.

        Args:
            x: (B, C, H, W).
            offset: (B, 18, h, w) in pixels of ``x``, (dy, dx) per kernel point.
            mask: (B, 9, h, w) weight per kernel point.

        Returns:
            (B, O, h, w).

        Raises:
            ValueError: If ``operator`` is none of these.
        """
        convolve = deform_conv3x3 if self._uses_mmcv(x) else gathered_deform_conv3x3
        return convolve(x, offset, mask, self.weight, self.bias, self.stride)

    def _uses_mmcv(self, x: Tensor) -> bool:
        if self.operator not in OPERATORS:
            raise ValueError(
                f'DeformableConv3x3.operator must be one of {OPERATORS}, not '
                f'{self.operator!r}'
            )
        return self.operator == 'mmcv' or (self.operator == 'auto' and x.is_cuda)


def gathered_deform_conv3x3(
    x: Tensor, offset: Tensor, mask: Tensor, weight: Tensor, bias: Tensor, stride: int
) -> Tensor:
    """Gather four corners per point and multiply; as :func:`deform_conv3x3`.

    mmcv's operator runs on one thread on CPUs, where it would take most of a training
    step.
    """
    batch, channels, height, width = x.shape
    out_height, out_width = offset.shape[-2:]
    rows, corner_weights = corners(offset, mask, (height, width), stride)
    # Gathering from a view, as reshape makes of one image, is 20 times slower.
    table = x.permute(0, 2, 3, 1).contiguous().view(-1, channels)  # (B*H*W, C)
    corner_weights = corner_weights.to(table.dtype)
    kernel = weight.permute(0, 2, 3, 1).reshape(weight.shape[0], -1)  # (O, K*C)
    count = len(rows)
    step = count
    if not torch.is_grad_enabled():
        # A block stays in the cache until it is multiplied.
        step = max(1, BLOCK_COLUMNS // (POINTS * channels)) * POINTS
    blocks = [
        _multiply(table, kernel, bias, rows[i : i + step], corner_weights[i : i + step])
        for i in range(0, count, step)
    ]
    out = blocks[0] if len(blocks) == 1 else torch.cat(blocks)  # (B*h*w, O)
    return out.view(batch, out_height, out_width, -1).permute(0, 3, 1, 2)


def _multiply(
    table: Tensor, kernel: Tensor, bias: Tensor, rows: Tensor, weights: Tensor
) -> Tensor:
    """Gather n * K points from (B*H*W, C) and multiply by (O, K*C), to (n, O)."""
    if weights.requires_grad and not table.requires_grad:
        # PyTorch up to 2.5 has no gradient for the weights alone.
        table = table.detach().requires_grad_()
    points = F.embedding_bag(rows, table, mode='sum', per_sample_weights=weights)
    return F.linear(points.view(-1, kernel.shape[1]), kernel, bias)


def corners(
    offset: Tensor, mask: Tensor, size: tuple[int, int], stride: int
) -> tuple[Tensor, Tensor]:
    """Find the pixels around each sampled point.

    Args:
        offset: (B, 18, h, w) in pixels of the input, (dy, dx) per kernel point.
        mask: (B, 9, h, w) weight per kernel point.
        size: (H, W) of the input.
        stride: Of the output on the input.

    Returns:
        Indices (B*h*w*K, 4) int64 of pixels among the B*H*W, and their weights
        (B*h*w*K, 4) float32, or float64 if the offsets are.
    """
    offset, mask = at_least_float32(offset), at_least_float32(mask)
    batch, _, out_height, out_width = offset.shape
    height, width = size
    offset = offset.view(batch, POINTS, 2, out_height, out_width)
    offset = offset.permute(0, 3, 4, 1, 2)  # (B, h, w, K, 2)

    def grid(count: int) -> Tensor:
        return torch.arange(count, device=offset.device, dtype=offset.dtype)

    taps = grid(KERNEL) - 1
    tap_y = taps.repeat_interleave(KERNEL)  # (K,)
    tap_x = taps.repeat(KERNEL)  # (K,)
    y = offset[..., 0] + (grid(out_height) * stride)[:, None, None] + tap_y
    x = offset[..., 1] + (grid(out_width) * stride)[:, None] + tap_x
    top, left = y.detach().floor(), x.detach().floor()
    down, right = y - top, x - left  # fraction of a pixel
    corner_y = torch.stack((top, top, top + 1, top + 1), -1)  # (B, h, w, K, 4)
    corner_x = torch.stack((left, left + 1, left, left + 1), -1)
    weights = torch.stack(
        (
            (1 - down) * (1 - right),
            (1 - down) * right,
            down * (1 - right),
            down * right,
        ),
        -1,
    )
    inside = (
        (corner_y >= 0) & (corner_y < height) & (corner_x >= 0) & (corner_x < width)
    )
    # A point at -1 gets nothing, and in mmcv no gradient from the border either; there
    # are many, because offsets start at zero.
    inside &= ((y > -1) & (x > -1)).unsqueeze(-1)
    weights = weights * mask.permute(0, 2, 3, 1).unsqueeze(-1) * inside
    first = grid(batch).view(-1, 1, 1, 1, 1).long() * (height * width)
    rows = (
        first
        + corner_y.clamp(0, height - 1).long() * width
        + corner_x.clamp(0, width - 1).long()
    )
    return rows.view(-1, 4), weights.reshape(-1, 4)

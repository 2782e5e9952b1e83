"""Swin's shifted-window attention for pictures of any size in one graph.

Shapes: H x W locations of a picture, padded to multiples of the window's side w; C
channels; M windows.
"""

import torch
import torch.nn.functional as F
from mmdet.models.backbones.swin import ShiftWindowMSA
from torch import Tensor, nn

HIDDEN = -100.0  # as in Swin


class GraphWindowAttention(nn.Module):
    """mmdet's ``ShiftWindowMSA`` for one picture, without sizes turned into numbers.

    Args:
        attention: The module to replace; its weights are shared.
    """

    def __init__(self, attention: ShiftWindowMSA) -> None:
        super().__init__()
        self.side = attention.window_size
        self.shift = attention.shift_size
        self.attention = attention.w_msa

    def forward(self, query: Tensor, hw_shape: tuple[int, int]) -> Tensor:
        """Let the locations of each window read from each other.

        Args:
            query: (1, H * W, C).
            hw_shape: (H, W).

        Returns:
            (1, H * W, C).
        """
        height, width = hw_shape
        side, shift = self.side, self.shift
        rows = (height + side - 1) // side
        columns = (width + side - 1) // side
        x = query.view(height, width, -1)
        x = F.pad(x, (0, 0, 0, columns * side - width, 0, rows * side - height))
        mask = None
        if shift:
            x = torch.roll(x, (-shift, -shift), (0, 1))
            mask = self._shift_mask(rows, columns, x)
        windows = x.reshape(rows, side, columns, side, -1).transpose(1, 2)
        read = self._attend(windows.reshape(rows * columns, side * side, -1), mask)
        read = read.view(rows, columns, side, side, -1).transpose(1, 2)
        x = read.reshape(rows * side, columns * side, -1)
        if shift:
            x = torch.roll(x, (shift, shift), (0, 1))
        return x[:height, :width].reshape(1, height * width, -1)

    def _shift_mask(self, rows: int, columns: int, like: Tensor) -> Tensor:
        """Hide (M, w * w, w * w) pairs that only the shift made neighbours."""

        def parts(windows: int) -> Tensor:
            place = torch.arange(windows * self.side, device=like.device)
            last = windows * self.side
            return (place >= last - self.side).long() + (place >= last - self.shift)

        part = 3 * parts(rows)[:, None] + parts(columns)
        part = part.view(rows, self.side, columns, self.side).transpose(1, 2)
        part = part.reshape(rows * columns, self.side * self.side)
        return (part[:, None] != part[:, :, None]).to(like.dtype) * HIDDEN

    def _attend(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Attend inside (M, w * w, C) windows."""
        own = self.attention
        qkv = own.qkv(x).unflatten(-1, (3, own.num_heads, -1)).permute(2, 0, 3, 1, 4)
        query, key, value = qkv.unbind(0)  # (M, heads, w * w, C / heads)
        bias = own.relative_position_bias_table[own.relative_position_index]
        scores = (query * own.scale) @ key.transpose(-2, -1) + bias.permute(2, 0, 1)
        if mask is not None:
            scores = scores + mask[:, None]
        return own.proj((scores.softmax(-1) @ value).transpose(1, 2).flatten(2))

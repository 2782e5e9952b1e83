"""Swin's shifted-window attention for images of any size in one graph.

Shapes: H x W locations of an image, padded to multiples of the window's side w; C
channels; M windows.
"""

import torch
from mmdet.models.backbones.swin import ShiftWindowMSA
from torch import LongTensor, Tensor, nn

HIDDEN = -100.0  # as in Swin


def divide(x: LongTensor, by: int) -> tuple[LongTensor, LongTensor]:
    """Compute quotient and remainder; ONNX export has no modulo by a dynamic size."""
    whole = x // by
    return whole, x - whole * by


class GraphWindowAttention(nn.Module):
    """mmdet's ``ShiftWindowMSA`` for one image, without sizes turned into numbers.

    Windows are gathered and scattered by index: padding, rolling and slicing would
    need facts about dynamic sizes that torch cannot prove.

    Args:
        attention: The module to replace; its weights are shared.
    """

    def __init__(self, attention: ShiftWindowMSA) -> None:
        super().__init__()
        self.side = attention.window_size
        self.shift = attention.shift_size
        self.attention = attention.w_msa

    def forward(self, query: Tensor, hw_shape: tuple[int, int]) -> Tensor:
        """Attend among the locations of each window.

        Args:
            query: (1, H * W, C).
            hw_shape: (H, W).

        Returns:
            (1, H * W, C).
        """
        # Rows and columns of windows.
        grid = tuple((extent + self.side - 1) // self.side for extent in hw_shape)
        place, mask = self._cells(hw_shape, grid, query)
        padded = torch.cat((query[0], query.new_zeros(1, query.shape[-1])))
        read = self._attend(padded[place], mask)
        return read.flatten(0, 1)[self._cell_of_location(hw_shape, grid, query)][None]

    def _cells(
        self, hw_shape: tuple[int, int], grid: tuple[int, int], like: Tensor
    ) -> tuple[LongTensor, Tensor | None]:
        """Find the location of each window cell, and mask pairs that the shift joined.

        Returns:
            (M, w * w), a location, or H * W for zeros; (M, w * w, w * w) to be added to
            scores, None without a shift. The last window is of zeros and not used:
            torch would specialise the graph for a single window.
        """
        (height, width), (rows, columns), side = hw_shape, grid, self.side
        windows = rows * columns + 1
        cell = torch.arange(windows * side * side, device=like.device)
        window, cell = divide(cell, side * side)
        window_row, window_column = divide(window, columns)
        cell_row, cell_column = divide(cell, side)
        row = window_row * side + cell_row
        column = window_column * side + cell_column
        _, from_row = divide(row + self.shift, rows * side)
        _, from_column = divide(column + self.shift, columns * side)
        inside = (from_row < height) & (from_column < width) & (window < windows - 1)
        place = torch.where(inside, from_row * width + from_column, height * width)
        mask = None
        if self.shift:
            part = 3 * self._part(row, rows) + self._part(column, columns)
            part = part.view(windows, side * side)
            apart = part[:, None] != part[:, :, None]
            mask = apart.to(like.dtype) * HIDDEN
        return place.view(windows, side * side), mask

    def _part(self, line: LongTensor, windows: int) -> LongTensor:
        """Find which of three parts of a shifted image a row or column is in."""
        end = windows * self.side
        return (line >= end - self.side).long() + (line >= end - self.shift)

    def _cell_of_location(
        self, hw_shape: tuple[int, int], grid: tuple[int, int], like: Tensor
    ) -> LongTensor:
        """Find the (H * W,) cells, counted through all windows, of the locations."""
        (height, width), (rows, columns), side = hw_shape, grid, self.side
        row, column = divide(torch.arange(height * width, device=like.device), width)
        _, row = divide(row + rows * side - self.shift, rows * side)
        _, column = divide(column + columns * side - self.shift, columns * side)
        window_row, cell_row = divide(row, side)
        window_column, cell_column = divide(column, side)
        window = window_row * columns + window_column
        return (window * side + cell_row) * side + cell_column

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

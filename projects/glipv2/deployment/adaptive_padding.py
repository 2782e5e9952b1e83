"""EfficientNet's "same" padding for images of any size in one graph."""

import torch.nn.functional as F
from mmcv.cnn.bricks import Conv2dAdaptivePadding
from torch import Tensor, nn


class GraphAdaptivePadding(nn.Module):
    """mmcv's ``Conv2dAdaptivePadding`` where strides divide the input's sides.

    They do if images are padded to multiples of the coarsest stride. The padding is
    then constant, while mmcv's formula grows from layer to layer until tracing never
    ends.

    Args:
        conv: The module to replace; its weights are shared.
    """

    def __init__(self, conv: Conv2dAdaptivePadding) -> None:
        super().__init__()
        self.conv = conv
        self.sides = []  # as F.pad wants them: left, right, top, bottom
        for axis in (1, 0):
            reach = (conv.kernel_size[axis] - 1) * conv.dilation[axis] + 1
            whole = max(reach - conv.stride[axis], 0)
            self.sides += [whole // 2, whole - whole // 2]

    def forward(self, x: Tensor) -> Tensor:
        """Pad and convolve.

        Args:
            x: (B, C, H, W).

        Returns:
            (B, O, H / stride, W / stride).

        Raises:
            ValueError: If a stride does not divide a side.
        """
        conv = self.conv
        if any(side % step for side, step in zip(x.shape[-2:], conv.stride)):
            raise ValueError(
                'the backbone cannot be exported: data_preprocessor.pad_size_divisor '
                'must be a multiple of its coarsest stride'
            )
        x = F.pad(x, self.sides)
        return F.conv2d(
            x, conv.weight, conv.bias, conv.stride, 0, conv.dilation, conv.groups
        )

"""How a tensor is laid out in a published file and in ours; each way and back."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

# Swin's patch merging joins the four neighbours (top left, bottom left, top right,
# bottom right), each with all its channels; mmdet's takes them from nn.Unfold, which
# goes channel by channel, and in each row by row. The order is its own inverse.
MERGE_ORDER = [0, 2, 1, 3]


@dataclass(frozen=True)
class Form:
    """A change of layout.

    Args:
        forth: From the published layout to ours.
        back: From ours to the published one.
    """

    forth: Callable[[Tensor], Tensor]
    back: Callable[[Tensor], Tensor]


def _same(x: Tensor) -> Tensor:
    return x


def _merge_forth(x: Tensor) -> Tensor:
    """Patches, then channels -> channels, then patches; (..., 4 * C)."""
    x = x.unflatten(-1, (4, -1))[..., MERGE_ORDER, :]
    return x.transpose(-1, -2).flatten(-2).contiguous()


def _merge_back(x: Tensor) -> Tensor:
    x = x.unflatten(-1, (-1, 4)).transpose(-1, -2)
    return x[..., MERGE_ORDER, :].flatten(-2).contiguous()


def _linear_to_conv(x: Tensor) -> Tensor:
    return x[:, :, None, None] if x.dim() == 2 else x


def _conv_to_linear(x: Tensor) -> Tensor:
    return x[:, :, 0, 0] if x.dim() == 4 else x


SAME = Form(_same, _same)
MERGE = Form(_merge_forth, _merge_back)
LINEAR = Form(_linear_to_conv, _conv_to_linear)  # theirs; a 1x1 convolution here
NUMBER = Form(lambda x: x.reshape(()), lambda x: x.reshape(1))

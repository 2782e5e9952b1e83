"""A detector of standard operators, for dynamic image sizes."""

from collections.abc import Callable
from copy import deepcopy

from mmcv.cnn.bricks import Conv2dAdaptivePadding
from mmdet.models.backbones.swin import ShiftWindowMSA
from torch import nn

from ..models import GLIPv2
from ..models.dynamic_head.deformable_conv import DeformableConv3x3
from ..models.layers.bi_attention import BiAttention
from .adaptive_padding import GraphAdaptivePadding
from .deformable_conv import GraphDeformableConv3x3
from .window_attention import GraphWindowAttention

REPLACEMENTS: dict[type[nn.Module], Callable[[nn.Module], nn.Module]] = {
    Conv2dAdaptivePadding: GraphAdaptivePadding,
    DeformableConv3x3: GraphDeformableConv3x3,
    ShiftWindowMSA: GraphWindowAttention,
}


def make_exportable(model: GLIPv2) -> GLIPv2:
    """Copy a detector and replace modules that cannot be exported.

    Args:
        model: A trained detector; not modified.

    Returns:
        A copy in evaluation mode, without gradients, that gives the same results.
    """
    model = deepcopy(model).eval().requires_grad_(False)
    model.channels_last = False
    for module in list(model.modules()):
        if isinstance(module, BiAttention):
            module.in_blocks = False
        for name, child in module.named_children():
            replace = REPLACEMENTS.get(type(child))
            if replace is not None:
                setattr(module, name, replace(child))
    return model

"""Masks of mmdet's shifted windows, in the type of the model."""

from typing import Any

from mmdet.models.backbones.swin import WindowMSA
from torch import nn


def use_masks_in_model_type(backbone: nn.Module) -> None:
    """Let window attention add its mask in the type of what it attends to.

    mmdet's Swin makes the mask in float32 whatever the model's type is: a float16 or
    bfloat16 model then stops, because attention and values differ.

    Args:
        backbone: Any; only its ``WindowMSA`` change.
    """
    for module in backbone.modules():
        if isinstance(module, WindowMSA):
            module.register_forward_pre_hook(_convert_mask, with_kwargs=True)


def _convert_mask(
    module: nn.Module, args: tuple, kwargs: dict[str, Any]
) -> tuple[tuple, dict[str, Any]]:
    mask = kwargs.get('mask')
    if mask is not None:
        kwargs = dict(kwargs, mask=mask.to(args[0].dtype))
    return args, kwargs

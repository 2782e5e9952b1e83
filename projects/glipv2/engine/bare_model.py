"""A model without what mmengine wraps around it."""

from mmengine.model import BaseTTAModel, is_model_wrapper
from torch import nn


def bare_model(model: nn.Module) -> nn.Module:
    """Take off wrappers of distributed training and of test-time augmentation."""
    while is_model_wrapper(model) or isinstance(model, BaseTTAModel):
        model = model.module
    return model

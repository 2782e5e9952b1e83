"""Mixed precision where mmengine has none: on a CPU."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.logging import print_log
from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIM_WRAPPERS
from torch import Tensor, nn

from .compute_in import is_bf16_fast

AMP_DEVICES = ('cuda', 'npu', 'mlu', 'musa')  # of mmengine's AmpOptimWrapper


@OPTIM_WRAPPERS.register_module()
class Bfloat16OptimWrapper(OptimWrapper):
    """Trains a model on a CPU with products and convolutions in bfloat16.

    Weights, their gradients and the optimiser's state stay in float32. bfloat16 has
    float32's range, so that no loss is scaled, as ``AmpOptimWrapper`` does for float16.
    Depthwise convolutions stay in float32: torch's gradients of theirs in bfloat16 take
    up to ten times as long.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Run the model in autocast.

        Args:
            model: The model.
        """
        _keep_depthwise(model)
        with super().optim_context(model), torch.autocast('cpu', torch.bfloat16):
            yield


class _OfWeights:
    """A layer that computes in its weights' type, in autocast as well."""

    weight: Tensor

    def forward(self, inputs: Tensor) -> Tensor:
        with torch.autocast('cpu', enabled=False):
            return super().forward(inputs.to(self.weight.dtype))


def _keep_depthwise(model: nn.Module) -> None:
    """Have depthwise convolutions leave autocast, for good.

    Not for a step alone: what a checkpointed layer forgets is computed again after it.
    """
    for module in model.modules():
        kind = type(module)
        if (
            isinstance(module, nn.Conv2d)
            and 1 < module.groups == module.in_channels
            and not issubclass(kind, _OfWeights)
        ):
            module.__class__ = type(kind.__name__, (_OfWeights, kind), {})


def use_mixed_precision(cfg: Config) -> None:
    """Have a training compute in the mixed precision of its device.

    Args:
        cfg: The training's config; changed.
    """
    if get_device() != 'cpu':
        cfg.optim_wrapper.update(type='AmpOptimWrapper', loss_scale='dynamic')
        return
    for key in ('loss_scale', 'dtype', 'use_fsdp'):  # of a GPU's
        cfg.optim_wrapper.pop(key, None)
    cfg.optim_wrapper.type = 'Bfloat16OptimWrapper'
    if not is_bf16_fast(torch.device('cpu')):
        print_log(
            'this processor has no instructions for bfloat16: training may be faster '
            'without --amp',
            logger='current',
            level=logging.WARNING,
        )


def check_mixed_precision(cfg: Config) -> None:
    """Refuse mixed precision of a GPU where there is none.

    Args:
        cfg: A training's config.

    Raises:
        ValueError: If mmengine would refuse it when the model is built.
    """
    device = get_device()
    if cfg.optim_wrapper.type != 'AmpOptimWrapper' or device in AMP_DEVICES:
        return
    if device == 'cpu':
        raise ValueError(
            "the config's AmpOptimWrapper needs a GPU, and there is none here: add "
            '--amp for bfloat16 on the CPU'
        )
    raise ValueError(
        f'mixed precision (AmpOptimWrapper, --amp) runs on {", ".join(AMP_DEVICES)}, '
        f'but not on {device}, the device here: train with OptimWrapper, without --amp'
    )

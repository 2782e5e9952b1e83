"""mmcv's operators with the demands that their CUDA kernels have but do not check."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import torch

from glipv2.models.dynamic_head.deformable_conv import DeformableConv3x3

KERNEL_TYPES = (torch.float32, torch.float64, torch.float16)
SINGLE_ONLY = ('nms', 'softnms', 'nms_match')


@dataclass
class Calls:
    """What the operators were given.

    Args:
        types: Per operator the floating types of its inputs.
    """

    types: dict[str, set[torch.dtype]] = field(default_factory=dict)


class StrictExtension:
    """mmcv's compiled module; its functions refuse what CUDA kernels misread.

    Args:
        extension: The module.
        calls: Gets every call.
    """

    def __init__(self, extension: object, calls: Calls) -> None:
        self.extension = extension
        self.calls = calls

    def __getattr__(self, name: str) -> Callable:
        operator = getattr(self.extension, name)

        def checked(*inputs: object, **settings: object) -> object:
            given = (*inputs, *settings.values())
            tensors = [x for x in given if isinstance(x, torch.Tensor)]
            self.calls.types.setdefault(name, set()).update(check(name, tensors))
            return operator(*inputs, **settings)

        return checked


def check(name: str, tensors: list[torch.Tensor]) -> set[torch.dtype]:
    """Refuse inputs that a CUDA kernel cannot read.

    Args:
        name: Of the operator.
        tensors: All that it gets, outputs and buffers included.

    Returns:
        The floating types among them, one or none.

    Raises:
        AssertionError: If one is not contiguous, or they have several devices or
            floating types, or one without a kernel.
    """
    for place, tensor in enumerate(tensors):
        assert tensor.is_contiguous(), (
            f'{name}: tensor {place} is {tuple(tensor.shape)} with strides '
            f'{tensor.stride()}, not contiguous'
        )
    devices = {tensor.device for tensor in tensors}
    assert len(devices) <= 1, f'{name}: tensors on {devices}'
    types = {tensor.dtype for tensor in tensors if tensor.is_floating_point()}
    known = (torch.float32,) if name in SINGLE_ONLY else KERNEL_TYPES
    assert len(types) <= 1 and types <= set(known), f'{name}: no kernel for {types}'
    return types


def make_strict(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Run models on mmcv's operators, as on CUDA, and check what these get.

    Args:
        monkeypatch: Undoes it.

    Returns:
        What the operators were given since.
    """
    calls = Calls()
    for name, module in sys.modules.copy().items():
        if name.startswith('mmcv.ops.') and hasattr(module, 'ext_module'):
            strict = StrictExtension(module.ext_module, calls)
            monkeypatch.setattr(module, 'ext_module', strict)
    monkeypatch.setattr(DeformableConv3x3, 'operator', 'mmcv')
    return calls

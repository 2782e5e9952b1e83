"""Modules without the random weights that a checkpoint replaces."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from torch import Tensor
from torch.nn import init
from torch.overrides import TorchFunctionMode

# What layers, torch.nn.init and transformers fill weights with. A mode sees either a
# function of torch.nn.init or what it calls; erfinv_ makes a truncated normal
# distribution out of a uniform one.
RANDOM = frozenset(
    {
        init.kaiming_uniform_,
        init.normal_,
        init.uniform_,
        Tensor.erfinv_,
        Tensor.normal_,
        Tensor.uniform_,
    }
)


class UnsetWeights(TorchFunctionMode):
    """Leaves weights as memory had them, in modules that are built meanwhile.

    For models whose every weight is loaded next. torch draws no random numbers, which
    takes longer than the loading of a small model. Of this thread only.
    """

    def __torch_function__(
        self,
        func: Callable,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] = MappingProxyType({}),
    ) -> Any:
        """Call a function of torch, unless it draws."""
        if func in RANDOM:
            return args[0] if args else kwargs['tensor']
        return func(*args, **kwargs)

"""Whether a model is divided among processes (FSDP)."""

import torch.distributed as dist
from torch import nn
from torch.distributed.fsdp import FullyShardedDataParallel


def is_divided(model: nn.Module) -> bool:
    """Tell whether parts of a model are divided among processes.

    Args:
        model: Any module.

    Returns:
        Whether a module in it gathers its parameters when it is called.
    """
    return dist.is_initialized() and any(
        isinstance(module, FullyShardedDataParallel) for module in model.modules()
    )

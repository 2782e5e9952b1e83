"""Whether a model is divided among processes (FSDP)."""

import torch.distributed as dist
from torch import nn
from torch.distributed.fsdp import FullyShardedDataParallel


def is_divided(model: nn.Module) -> bool:
    """Return whether a module in ``model`` gathers its parameters when called."""
    return dist.is_initialized() and any(
        isinstance(module, FullyShardedDataParallel) for module in model.modules()
    )

"""A model's metrics in float32 and in other precisions."""

from collections.abc import Callable
from contextlib import nullcontext

import torch
from mmengine.config import Config

from ..engine.command_line import build_runner

# How the model is converted, and the type of autocast.
PRECISIONS: dict[str, tuple[Callable | None, torch.dtype | None]] = {
    'float32': (None, None),
    'bfloat16 autocast': (None, torch.bfloat16),
    'bfloat16 model': (lambda model: model.bfloat16(), None),
    'float16 model': (lambda model: model.half(), None),
}


def measure(cfg: Config, name: str) -> dict[str, float]:
    """Test a model in one precision.

    Args:
        cfg: With ``load_from``.
        name: Of ``PRECISIONS``.
    """
    convert, autocast = PRECISIONS[name]
    runner = build_runner(cfg, ('test',))
    runner.load_checkpoint(cfg.load_from)
    runner._has_loaded = True
    if convert is not None:
        convert(runner.model)
    device = next(runner.model.parameters()).device.type
    with torch.autocast(device, autocast) if autocast else nullcontext():
        return runner.test()

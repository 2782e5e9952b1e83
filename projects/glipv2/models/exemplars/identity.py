"""Which models can share examples: those that see alike."""

import hashlib

import torch
from torch import nn

PARTS = ('backbone', 'neck')
SHOWN = 16  # hexadecimal digits: enough to tell models apart


def vision_identity(model: nn.Module) -> str:
    """Identify the weights that queries depend on.

    Weights count as bfloat16, so that a model computes in either precision under one
    identity.

    Args:
        model: The detector.

    Returns:
        Hexadecimal digits; equal for models whose backbone and neck are equal.
    """
    digest = hashlib.sha256()
    for name, value in model.state_dict().items():
        if name.split('.')[0] in PARTS:
            if value.is_floating_point():
                value = value.to(torch.bfloat16).view(torch.int16)
            digest.update(name.encode())
            digest.update(value.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:SHOWN]

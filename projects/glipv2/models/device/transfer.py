"""Sending several tensors to a device in one transfer."""

from collections.abc import Sequence

import torch
from torch import Tensor

ALIGNMENT = 8  # bytes, of the largest dtype


def send(tensors: Sequence[Tensor], device: torch.device) -> list[Tensor]:
    """Send tensors to a device in one transfer, without waiting for it.

    Args:
        tensors: On the CPU, of any shapes and dtypes.
        device: Of the result.

    Returns:
        The tensors on the device.
    """
    if all(tensor.device == device for tensor in tensors):
        return list(tensors)
    parts = [tensor.contiguous().view(-1).view(torch.uint8) for tensor in tensors]
    rooms = [-(-len(part) // ALIGNMENT) * ALIGNMENT for part in parts]
    packed = torch.zeros(
        sum(rooms), dtype=torch.uint8, pin_memory=device.type == 'cuda'
    )
    for part, room in zip(parts, packed.split(rooms)):
        room[: len(part)] = part
    there = packed.to(device, non_blocking=True)
    return [
        room[: len(part)].view(tensor.dtype).view(tensor.shape)
        for tensor, part, room in zip(tensors, parts, there.split(rooms))
    ]

"""Devices that a user may name."""

import torch


def check_device(device: str | None) -> None:
    """Check that a device is there, before anything is loaded.

    Args:
        device: Such as ``'cpu'`` or ``'cuda:0'``; None: whichever is there.

    Raises:
        ValueError: If it is none, or not there.
    """
    if device is None:
        return
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError, ValueError) as error:
        there = ['cpu'] + [f'cuda:{n}' for n in range(torch.cuda.device_count())]
        raise ValueError(
            f'there is no device {device!r} here; there is {", ".join(there)}'
        ) from error

"""Tensors sent together arrive as they were."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from glipv2.models.device.transfer import send

TENSORS = [
    torch.tensor([[1, -2], [3, 2**62]]),
    torch.tensor([True, False, True]),
    torch.zeros(0, 5).bool(),
    torch.rand(3, 2)[:, :1],
    torch.rand((), dtype=torch.double),
]


class Copies(TorchDispatchMode):
    """Collects what is copied to another device."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[torch.Tensor] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        device = (kwargs or {}).get('device')
        if device is not None and isinstance(args[0], torch.Tensor):
            self.sources.append(args[0])
        return func(*args, **(kwargs or {}))


def test_nothing_is_copied_on_the_host() -> None:
    for given, got in zip(TENSORS, send(TENSORS, torch.device('cpu'))):
        assert got is given


def test_they_travel_as_one_and_keep_shapes_and_types() -> None:
    with Copies() as copies:
        there = send(TENSORS, torch.device('meta'))
    assert len(copies.sources) == 1
    for given, got in zip(TENSORS, there, strict=True):
        assert (got.shape, got.dtype) == (given.shape, given.dtype)
        assert got.device.type == 'meta'


@pytest.mark.parametrize('count', [1, len(TENSORS)])
def test_values_are_aligned(count: int) -> None:
    """The packed bytes, taken apart as a device takes them apart."""
    given = TENSORS[:count]
    with Copies() as copies:
        there = send(given, torch.device('meta'))
    bytes_sent = copies.sources[0]
    for before, after in zip(given, there):
        start = after.storage_offset() * after.element_size()
        stop = start + after.numel() * after.element_size()
        got = bytes_sent[start:stop].view(before.dtype).view(before.shape)
        assert torch.equal(got, before)

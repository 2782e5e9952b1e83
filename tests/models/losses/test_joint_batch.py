"""Joined rows: how many collectives they take, however many processes there are.

That they are the right ones is tested with the loss that joins them.
"""

import pytest
import torch
import torch.distributed as dist
from torch.testing._internal.distributed.fake_pg import FakeStore

from glipv2.models.losses.joint_batch import JointBatch, Rows
from tests.waits import Waits


def rows_of(count: int) -> Rows:
    """Make rows with a gradient, numbered."""
    numbers = torch.arange(count)
    return Rows(torch.randn(count, 3, requires_grad=True), numbers, numbers)


@pytest.mark.parametrize('size', [1, 4, 32])
def test_waits_and_collectives_do_not_grow_with_the_processes(size: int) -> None:
    """In a simulated group, whose processes all have what this one has."""
    dist.init_process_group('fake', rank=size - 1, world_size=size, store=FakeStore())
    try:
        regions, words = rows_of(2), rows_of(3)
        with Waits() as waits:
            batch = JointBatch(1, torch.tensor(2), torch.tensor(3))
            joined = batch.join(regions, words)
            batch.total(torch.tensor([2, 3]))
    finally:
        dist.destroy_process_group()
    assert waits.ours.total() == 1
    assert waits.collectives.total() == 4
    assert batch.first_image == size - 1
    assert (batch.first_region, batch.first_word) == (2 * size - 2, 3 * size - 3)
    for own, all_rows in zip((regions, words), joined):
        assert torch.equal(all_rows.images, own.images.repeat(size))
        assert torch.equal(all_rows.features, own.features.repeat(size, 1))

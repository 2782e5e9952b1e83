"""Two processes with different tasks train as one with all of them."""

import os
import socket
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.nn.parallel import DistributedDataParallel

from tests.models.test_tasks import (
    box_sample,
    caption_sample,
    task_model,
    vqa_sample,
)
from tests.tiny import batch_of, losses_of, tiny_config

# The first process has no question; the second no caption, or nothing but questions.
SHARES = ([[0, 1], [2, 3]], [[0, 1, 3], [2]])


# With a group per channel all means are zero, and rounding decides which side of a
# kink of DyConv's activations they fall on.
NECK = {**tiny_config().fusion_neck, 'norm_groups': 4}


def joint_batch() -> dict:
    """Make two samples with boxes, a question and a caption, always the same."""
    torch.manual_seed(1)
    return batch_of([box_sample(), caption_sample(), vqa_sample(), box_sample()])


def run_rank(rank: int, shares: list, port: int, folder: str) -> None:
    """Train a step on a share of the joint batch in a process of its own."""
    from mmdet.utils import register_all_modules

    register_all_modules()
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    dist.init_process_group('gloo', rank=rank, world_size=2)
    model = task_model(fusion_neck=NECK)
    model.load_state_dict(torch.load(f'{folder}/start.pth', weights_only=True))
    wrapped = DistributedDataParallel(model)
    batch = joint_batch()
    mine = {key: [value[row] for row in shares[rank]] for key, value in batch.items()}
    losses = wrapped(**model.data_preprocessor(mine, True), mode='loss')
    model.parse_losses(losses)[0].backward()
    result = dict(
        losses={key: value.detach() for key, value in losses.items()},
        gradients={name: p.grad for name, p in model.named_parameters()},
    )
    torch.save(result, f'{folder}/rank{rank}.pth')
    # Before the group: else torch may wait for a thread that waits for Python.
    del wrapped, losses
    dist.destroy_process_group()


@pytest.mark.timeout(300)
@pytest.mark.parametrize('shares', SHARES)
def test_processes_without_a_task_keep_up(shares: list, tmp_path: Path) -> None:
    model = task_model(fusion_neck=NECK)
    torch.save(model.state_dict(), tmp_path / 'start.pth')
    joint = losses_of(model, joint_batch())
    model.parse_losses(joint)[0].backward()
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        port = server.getsockname()[1]
    mp.spawn(run_rank, (shares, port, str(tmp_path)), nprocs=2)
    ranks = [
        torch.load(tmp_path / f'rank{rank}.pth', weights_only=True) for rank in (0, 1)
    ]
    assert list(ranks[0]['losses']) == list(ranks[1]['losses']) == list(joint)
    for key in (key for key in joint if 'loss' in key):
        mean = (ranks[0]['losses'][key] + ranks[1]['losses'][key]) / 2
        torch.testing.assert_close(mean, joint[key], rtol=1e-4, atol=1e-5)
    for name, parameter in model.named_parameters():
        for rank in ranks:
            apart = (rank['gradients'][name] - parameter.grad).norm()
            assert apart <= 0.01 * parameter.grad.norm() + 1e-5, name

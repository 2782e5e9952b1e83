"""Two processes that divide a model train as one does, and resume exactly."""

import os
import socket
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.dataset import DefaultSampler, pseudo_collate
from mmengine.registry import init_default_scope
from mmengine.runner import FlexibleRunner
from torch import distributed as dist
from torch import multiprocessing as mp
from torch.utils.data import DataLoader

from glipv2.engine import ShardedStrategy
from tests.tiny import CHANNELS, TEXT_DIM, sample_of, tiny_model

STEPS = 4
PROCESSES = 2
RATE, MOMENTUM, MAX_NORM = 0.02, 0.9, 0.5


def make_model() -> torch.nn.Module:
    """Build the tiny model with every part that pre-training adds and draws nothing."""
    contrastive = dict(
        type='InterImageContrastiveLoss', visual_dim=CHANNELS, text_dim=TEXT_DIM,
        hidden_dim=16,
    )  # fmt: skip
    return tiny_model(contrastive_loss=contrastive)


def make_samples() -> list[dict]:
    """Make an image with a box for each step and process."""
    random = np.random.default_rng(0)
    samples = []
    for number in range(STEPS * PROCESSES):
        left, top = random.integers(0, 32, 2)
        samples.append(
            dict(
                inputs=torch.from_numpy(
                    random.integers(0, 256, (3, 64, 96), dtype=np.uint8)
                ),
                data_samples=sample_of(
                    ('dog', 'cat'), [[left, top, left + 32, top + 24]], [number % 2]
                ),
            )
        )
    return samples


def train(folder: Path, batch_size: int, strategy: dict, **settings: object) -> None:
    """Train the tiny model by mmengine's runner."""
    samples = make_samples()
    runner = FlexibleRunner(
        make_model(),
        work_dir=str(folder),
        strategy=strategy,
        launcher='pytorch' if dist.is_initialized() else 'none',
        train_dataloader=DataLoader(
            samples,
            batch_size,
            sampler=DefaultSampler(samples, shuffle=False),
            collate_fn=pseudo_collate,
        ),
        train_cfg=dict(type='IterBasedTrainLoop', max_iters=STEPS),
        optim_wrapper=dict(
            optimizer=dict(type='SGD', lr=RATE, momentum=MOMENTUM),
            clip_grad=dict(max_norm=MAX_NORM),
            paramwise_cfg=dict(bias_lr_mult=2.0),
        ),
        param_scheduler=dict(
            type='LinearLR', start_factor=0.5, by_epoch=False, end=STEPS
        ),
        default_hooks=dict(checkpoint=dict(
            type='KeepCheckpoints', by_epoch=False, interval=2
        )),
        experiment_name=folder.name,
        default_scope='mmdet',
        **settings,
    )  # fmt: skip
    runner.train()


def train_divided(rank: int, port: int, folder: Path) -> None:
    """Train as one of two processes: in one go, then again from half way."""
    from mmdet.utils import register_all_modules

    register_all_modules()
    init_default_scope('mmdet')
    torch.set_num_threads(1)
    os.environ.update(
        MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port), RANK=str(rank),
        LOCAL_RANK=str(rank), WORLD_SIZE=str(PROCESSES),
    )  # fmt: skip
    # mmengine would ask for a GPU.
    dist.init_process_group('gloo', rank=rank, world_size=PROCESSES)
    strategy = dict(type='ShardedStrategy', units=['BasicBlock', 'FusionBlock'])
    start = str(folder / 'start.pth')
    train(folder / 'whole', 1, dict(strategy), load_from=start)
    dist.barrier()
    half = str(folder / 'whole' / 'iter_2.pth')
    train(folder / 'resumed', 1, dict(strategy), load_from=half, resume=True)
    dist.barrier()
    dist.destroy_process_group()


def free_port() -> int:
    """Find a port for the processes to meet at."""
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        return server.getsockname()[1]


def read(file: Path) -> dict:
    """Read a checkpoint of the runner."""
    return torch.load(file, map_location='cpu', weights_only=False)


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train divided and undivided from the same weights."""
    folder = tmp_path_factory.mktemp('sharded')
    torch.manual_seed(0)
    init_default_scope('mmdet')
    torch.save(dict(state_dict=make_model().state_dict()), folder / 'start.pth')
    mp.spawn(train_divided, (free_port(), folder), nprocs=PROCESSES)
    train(
        folder / 'joint', PROCESSES, dict(type='SingleDeviceStrategy'),
        load_from=str(folder / 'start.pth'),
    )  # fmt: skip
    return folder


def same(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    """Compare two sets of weights by name, bit by bit."""
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert torch.equal(found[name], value), name


@pytest.mark.timeout(600)
def test_two_processes_end_as_one_with_the_joint_batch(folder: Path) -> None:
    joint = read(folder / 'joint' / f'iter_{STEPS}.pth')['state_dict']
    divided = read(folder / 'whole' / f'iter_{STEPS}.pth')['state_dict']
    start = read(folder / 'start.pth')['state_dict']
    assert divided.keys() == joint.keys()
    end, expected, begin = (
        torch.cat([state[name].flatten().float() for name in joint])
        for state in (divided, joint, start)
    )
    # As a whole: entries that hardly moved differ by roundings.
    assert (end - expected).norm() < 2e-3 * (expected - begin).norm()
    assert sum(not torch.equal(start[name], joint[name]) for name in joint) > 100


def test_a_checkpoint_is_that_of_the_undivided_model(folder: Path) -> None:
    state = read(folder / 'whole' / f'iter_{STEPS}.pth')['state_dict']
    model = make_model()
    model.load_state_dict(state, strict=True)
    assert any(value.ndim == 0 for value in dict(model.named_parameters()).values())


def test_a_resumed_run_ends_with_the_same_weights(folder: Path) -> None:
    whole, resumed = (
        read(folder / run / f'iter_{STEPS}.pth') for run in ('whole', 'resumed')
    )
    same(resumed['state_dict'], whole['state_dict'])
    momenta = [
        {
            name: entry['momentum_buffer']
            for name, entry in checkpoint['optimizer']['state'].items()
        }
        for checkpoint in (resumed, whole)
    ]
    assert len(momenta[0]) > 100
    same(*momenta)


@pytest.mark.parametrize('units', [('NoSuchBlock',), ('FusionBlock', 'Typo')])
def test_unknown_units_are_named(units: Sequence[str]) -> None:
    strategy = ShardedStrategy(units=units)
    with pytest.raises(ValueError, match=units[-1]):
        strategy._wrap_model(make_model())

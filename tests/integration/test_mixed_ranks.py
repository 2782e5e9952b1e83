"""Two processes with different tasks train as one with all of them."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from mmengine.registry import init_default_scope
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from glipv2.models.language_models.prompt_offsets import NO_TOKEN
from tests.engine.test_sharded import free_port
from tests.task_samples import box_sample, caption_sample, task_model, vqa_sample
from tests.tiny import (
    CHANNELS,
    TEXT_DIM,
    TEXT_SOURCE,
    batch_of,
    sample_of,
    tiny_config,
    tiny_model,
)

# Rows of the joint batch that each process has: boxes, caption, question, boxes.
SHARES = dict(
    boxes_on_both=([0, 1], [2, 3]),
    only_a_question=([0, 1, 3], [2]),
    only_a_caption=([1], [0, 2, 3]),
    no_question_anywhere=([0], [1, 3]),
    no_box_anywhere=([2], [1]),
)


# With a group per channel all means are zero, and rounding decides which side of a
# kink of DyConv's activations they fall on.
NECK = {**tiny_config().fusion_neck, 'norm_groups': 4}


# Steps of prompt tuning: the prompts of each process.
PROMPTS = dict(
    same_order=[('dogs', 'dogs'), ('birds', 'birds')],
    other_order=[('dogs', 'birds'), ('birds', 'dogs')],
)
NAMES = dict(dogs=('dog', 'cat'), birds=('small bird', 'tree'))


def mixed_model() -> nn.Module:
    """Build the tiny model with all heads and the inter-image loss."""
    contrastive = dict(
        type='InterImageContrastiveLoss', visual_dim=CHANNELS, text_dim=TEXT_DIM,
        hidden_dim=16,
    )  # fmt: skip
    return task_model(fusion_neck=NECK, contrastive_loss=contrastive)


def tuned_model() -> nn.Module:
    """Build a model of which two prompts are tuned."""
    encoder = dict(
        type='TextEncoder', source=TEXT_SOURCE, max_tokens=64, tuned_prompts=2
    )
    return tiny_model(fusion_neck=NECK, transfer_mode='prompt', text_encoder=encoder)


def joint_batch(rows: Sequence[int]) -> dict:
    """Take rows of a batch with all tasks, always the same."""
    torch.manual_seed(1)
    batch = batch_of([box_sample(), caption_sample(), vqa_sample(), box_sample()])
    return {key: [value[row] for row in rows] for key, value in batch.items()}


def prompt_batch(prompts: Sequence[str]) -> dict:
    """Make an image for each prompt; equal prompts have equal images."""
    batches = []
    for prompt in prompts:
        torch.manual_seed(len(prompt))
        batches.append(batch_of([sample_of(NAMES[prompt], [[8, 8, 40, 40]], [1])]))
    return {key: [x[key][0] for x in batches] for key in batches[0]}


def start_rank(rank: int, port: int) -> None:
    """Join the group of two processes."""
    from mmdet.utils import register_all_modules

    register_all_modules()
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    dist.init_process_group('gloo', rank=rank, world_size=2)


def step(model: nn.Module, wrapped: nn.Module, batch: dict) -> dict:
    """Compute losses and gradients of a batch."""
    model.zero_grad()
    losses = wrapped(**model.data_preprocessor(batch, True), mode='loss')
    model.parse_losses(losses)[0].backward()
    return dict(
        losses={key: value.detach() for key, value in losses.items()},
        gradients={
            name: p.grad.clone() for name, p in model.named_parameters()
            if p.grad is not None
        },
    )  # fmt: skip


def run_tasks(rank: int, port: int, folder: Path) -> None:
    """Train a step on each share of the joint batch."""
    start_rank(rank, port)
    results = {}
    for name, shares in SHARES.items():
        model = mixed_model()
        model.load_state_dict(torch.load(folder / 'start.pth', weights_only=True))
        wrapped = DistributedDataParallel(model)
        results[name] = step(model, wrapped, joint_batch(shares[rank]))
        del wrapped
    torch.save(results, folder / f'rank{rank}.pth')
    dist.destroy_process_group()


def run_prompts(rank: int, port: int, folder: Path) -> None:
    """Tune two prompts, which the processes meet in either order."""
    start_rank(rank, port)
    results = {}
    for name, steps in PROMPTS.items():
        model = tuned_model()
        model.load_state_dict(torch.load(folder / 'tuned.pth', weights_only=True))
        wrapped = DistributedDataParallel(model)
        done = [step(model, wrapped, prompt_batch([x[rank]])) for x in steps]
        results[name] = dict(steps=done, ids=model.text_encoder.prompt_offsets.ids)
        del wrapped
    torch.save(results, folder / f'prompts{rank}.pth')
    dist.destroy_process_group()


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run both processes."""
    folder = tmp_path_factory.mktemp('ranks')
    init_default_scope('mmdet')
    torch.manual_seed(0)
    torch.save(mixed_model().state_dict(), folder / 'start.pth')
    torch.save(tuned_model().state_dict(), folder / 'tuned.pth')
    for run in (run_tasks, run_prompts):
        mp.spawn(run, (free_port(), folder), nprocs=2)
    return folder


def compare(ranks: Sequence[dict], joint: dict, weights: nn.Module) -> None:
    """Compare two processes with one that had all samples."""
    assert list(ranks[0]['losses']) == list(ranks[1]['losses'])
    assert list(ranks[0]['losses']) == list(joint['losses'])
    for key in (key for key in joint['losses'] if 'loss' in key):
        mean = (ranks[0]['losses'][key] + ranks[1]['losses'][key]) / 2
        torch.testing.assert_close(mean, joint['losses'][key], rtol=1e-4, atol=1e-5)
    trained = [name for name, p in weights.named_parameters() if p.requires_grad]
    assert trained == list(joint['gradients'])
    for name, expected in joint['gradients'].items():
        for rank in ranks:
            apart = (rank['gradients'][name] - expected).norm()
            assert apart <= 0.01 * expected.norm() + 1e-5, name


def read(folder: Path, kind: str, name: str) -> list[dict]:
    return [
        torch.load(folder / f'{kind}{rank}.pth', weights_only=True)[name]
        for rank in (0, 1)
    ]


@pytest.mark.timeout(300)
@pytest.mark.parametrize('name', SHARES)
def test_processes_without_a_task_equal_one_with_all(name: str, folder: Path) -> None:
    model = mixed_model()
    model.load_state_dict(torch.load(folder / 'start.pth', weights_only=True))
    rows = [row for share in SHARES[name] for row in share]
    joint = step(model, model, joint_batch(rows))
    compare(read(folder, 'rank', name), joint, model)


@pytest.mark.timeout(300)
@pytest.mark.parametrize('name', PROMPTS)
def test_prompts_have_the_same_places_everywhere(name: str, folder: Path) -> None:
    model = tuned_model()
    model.load_state_dict(torch.load(folder / 'tuned.pth', weights_only=True))
    ranks = read(folder, 'prompts', name)
    for number, prompts in enumerate(PROMPTS[name]):
        joint = step(model, model, prompt_batch(prompts))
        compare([rank['steps'][number] for rank in ranks], joint, model)
    places = model.text_encoder.prompt_offsets.ids
    assert (places != NO_TOKEN).any(1).all()
    assert torch.equal(ranks[0]['ids'], places)
    assert torch.equal(ranks[1]['ids'], places)

"""Measured cases: prompts, batches, runs and their results."""

from collections.abc import Callable, Sequence

import torch
from mmdet.datasets import CocoDataset, LVISV1Dataset
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData
from torch import nn

from .parity import (
    absolute,
    clone,
    compare_losses,
    compare_outputs,
)

MMDET, DINO = 'mmdet-glip', 'hf-grounding-dino'
PEERS = {MMDET: "mmdet's GLIP-T", DINO: 'Grounding DINO (Swin-T)'}
SIZES = ((480, 640), (800, 1333))
TRAIN_SIZE, TRAIN_BATCH = (480, 640), 2
CHUNK = 40  # names of a prompt, as GLIP evaluates LVIS


def title_of(case: str, size: tuple[int, int], classes: int) -> str:
    """Name a case and the (H, W) of its images."""
    what = dict(
        names80='80 names',
        lvis_chunks=f'{classes} LVIS names in chunks of {CHUNK}',
        train_step=f'training step, {TRAIN_BATCH} images',
    )
    return f'{what[case]}, {size[0]}x{size[1]}'


def names_of(case: str, classes: int) -> tuple[str, ...]:
    """List the class names of a case."""
    if case == 'lvis_chunks':
        return tuple(LVISV1Dataset.METAINFO['classes'][:classes])
    return tuple(CocoDataset.METAINFO['classes'])


def make_batch(case: str, size: tuple[int, int], classes: int) -> dict:
    """Make random images with the case's names, and boxes to train on."""
    torch.manual_seed(0)
    samples, inputs = [], []
    for _ in range(TRAIN_BATCH if case == 'train_step' else 1):
        height, width = size
        sample = DetDataSample(
            metainfo=dict(
                img_path='random', ori_shape=size, img_shape=size,
                scale_factor=(1.0, 1.0), text=names_of(case, classes),
                custom_entities=True,
            )
        )  # fmt: skip
        corner = torch.rand(8, 2) * torch.tensor([width / 2, height / 2])
        extent = 16 + torch.rand(8, 2) * torch.tensor([width / 2, height / 2]) * 0.9
        sample.gt_instances = InstanceData(
            bboxes=torch.cat((corner, corner + extent), 1), labels=torch.arange(8)
        )
        samples.append(sample)
        inputs.append(torch.randint(0, 256, (3, *size), dtype=torch.uint8))
    return dict(inputs=inputs, data_samples=samples)


def settings_of(case: str) -> dict:
    """Get the test settings of a case."""
    return dict(chunked_size=CHUNK) if case == 'lvis_chunks' else {}


def make_run(
    case: str, model: nn.Module, size: tuple[int, int], classes: int
) -> Callable[[], object]:
    """Make one step of a case with a model."""
    batch = make_batch(case, size, classes)
    if case != 'train_step':

        def predict() -> object:
            with torch.no_grad():
                return model.test_step(clone(batch))

        return predict

    def train() -> object:
        model.train().zero_grad()
        data = model.data_preprocessor(clone(batch), True)
        losses = model(**data, mode='loss')
        sum(losses.values()).backward()
        return losses

    return train


def result_of(
    title: str,
    peer: str,
    seconds: Sequence[float],
    first_s: float,
    peaks: Sequence[float],
    difference: float | None,
) -> dict[str, object]:
    """Make a row of the table; ``seconds`` and ``peaks`` are ours, theirs."""
    (ours_s, peer_s), (ours_mb, peer_mb) = seconds, peaks
    return {
        'case': title,
        'against': PEERS[peer],
        'here, s': round(ours_s, 2),
        'first image, s': round(first_s, 2),
        'there, s': round(peer_s, 2),
        'time': round(ours_s / peer_s, 2),
        'here, MB': round(ours_mb),
        'there, MB': round(peer_mb),
        'memory': round(ours_mb / peer_mb, 2),
        'largest difference': '' if difference is None else float(f'{difference:.1e}'),
    }


def run_cold(model: nn.Module, run: Callable[[], object]) -> object:
    """Run with a text that was not encoded before."""
    model.text_encoder.cache.clear()
    return run()


def largest_difference(
    case: str, theirs: nn.Module, ours: nn.Module, batch: dict
) -> float:
    """Compare raw outputs (of the first prompt), or losses, without dropout."""
    theirs.eval()
    ours.eval()
    if case == 'train_step':
        found = compare_losses(theirs, ours, batch, absolute)
    else:
        first = clone(batch)
        for sample in first['data_samples']:
            sample.set_metainfo(dict(text=sample.text[:CHUNK]))
        found = compare_outputs(theirs, ours, first, absolute)
    return max(found.values())

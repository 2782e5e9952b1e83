"""The tiny model learns, and two processes train like one."""

import os
import socket
from copy import deepcopy
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from mmdet.evaluation import CocoMetric
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmengine.config import Config
from torch.nn.parallel import DistributedDataParallel

from tests.tiny import losses_of, sample_of, tiny_model

COLOURS = {'red box': (230, 30, 30), 'green box': (30, 200, 30), 'sky': (60, 60, 240)}
BOXES = (
    [[8, 8, 40, 40], [44, 20, 84, 60]],
    [[20, 24, 60, 56]],
    [[4, 4, 30, 60], [36, 4, 92, 28], [50, 34, 90, 60]],
    [[30, 10, 66, 50]],
)
LABELS = ([0, 1], [2], [1, 0, 2], [0])
NAMES = tuple(COLOURS)
STEPS = 160  # 20 are not enough for a head that starts from random weights


def coloured_batch(images: range = range(4)) -> dict:
    """Draw rectangles of a colour per name on grey."""
    inputs, samples = [], []
    for index in images:
        image = torch.full((3, 64, 96), 120, dtype=torch.uint8)
        for (left, top, right, bottom), label in zip(BOXES[index], LABELS[index]):
            colour = torch.tensor(COLOURS[NAMES[label]], dtype=torch.uint8)
            image[:, top:bottom, left:right] = colour[:, None, None]
        inputs.append(image)
        sample = sample_of(NAMES, BOXES[index], LABELS[index])
        sample.set_metainfo(dict(img_id=index))
        samples.append(sample)
    return dict(inputs=inputs, data_samples=samples)


def average_precision(samples: list[DetDataSample]) -> float:
    """Let mmdet's CocoMetric judge, against the samples' own ground truth."""
    metric = CocoMetric(metric='bbox')
    metric.dataset_meta = dict(classes=NAMES)
    for index, sample in enumerate(samples):
        sample.set_metainfo(dict(img_id=index))
        entry = sample.to_dict()
        entry['instances'] = [
            dict(bbox=box, bbox_label=label, ignore_flag=0)
            for box, label in zip(BOXES[index], LABELS[index])
        ]
        metric.process({}, [entry])
    return metric.evaluate(len(samples))['coco/bbox_mAP']


@pytest.mark.timeout(300)
def test_learns_four_images_by_heart() -> None:
    config = Config.fromfile(
        Path(__file__).parents[2] / 'configs/_base_/models/glipv2_lite0_minilm.py'
    ).model
    config.data_preprocessor.bgr_to_rgb = False
    config.bbox_head.anchor_generator.octave_base_scale = 4
    model = MODELS.build(config)
    model.init_weights()
    model.train()
    groups: dict[bool, list] = {True: [], False: []}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups[name.startswith('backbone')].append(parameter)
    optimizer = torch.optim.AdamW(
        [dict(params=groups[False]), dict(params=groups[True], lr=4.5e-4)], lr=1.5e-3
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / 10) * (1 if step < 110 else 0.2)
    )
    batch = coloured_batch()
    totals = []
    for _ in range(STEPS):
        loss = sum(losses_of(model, deepcopy(batch)).values())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        totals.append(loss.item())
    with torch.no_grad():
        found = model.eval().test_step(deepcopy(batch))
    assert totals[-1] < totals[0] / 3
    assert average_precision(found) > 0.9


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        return server.getsockname()[1]


def _train_one_rank(rank: int, port: int, folder: str) -> None:
    from mmdet.utils import register_all_modules

    register_all_modules()
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    dist.init_process_group('gloo', rank=rank, world_size=2)
    model = tiny_model()
    model.load_state_dict(torch.load(f'{folder}/start.pth', weights_only=True))
    wrapped = DistributedDataParallel(model)
    data = model.data_preprocessor(coloured_batch(range(rank, 4, 2)), True)
    losses = wrapped(**data, mode='loss')
    sum(losses.values()).backward()
    result = dict(
        losses={key: value.detach() for key, value in losses.items()},
        gradients={name: p.grad for name, p in model.named_parameters()},
    )
    torch.save(result, f'{folder}/rank{rank}.pth')
    # Before the group: else torch may wait for a thread that waits for Python.
    del wrapped, losses
    dist.destroy_process_group()


@pytest.mark.timeout(180)
def test_two_processes_equal_one_with_the_joint_batch(tmp_path: Path) -> None:
    model = tiny_model()
    torch.save(model.state_dict(), tmp_path / 'start.pth')
    joint = losses_of(model, coloured_batch())
    sum(joint.values()).backward()
    mp.spawn(_train_one_rank, (_free_port(), str(tmp_path)), nprocs=2)
    ranks = [
        torch.load(tmp_path / f'rank{rank}.pth', weights_only=True) for rank in (0, 1)
    ]
    for key, value in joint.items():
        mean = (ranks[0]['losses'][key] + ranks[1]['losses'][key]) / 2
        torch.testing.assert_close(mean, value, rtol=1e-4, atol=1e-5)
    for name, parameter in model.named_parameters():
        for rank in ranks:
            torch.testing.assert_close(
                rank['gradients'][name], parameter.grad, rtol=1e-3, atol=1e-5
            )

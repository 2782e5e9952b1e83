"""Time and memory of GLIP-T's training steps at full size, one per config of from_glip."""

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmdet.structures.mask import BitmapMasks
from mmdet.utils import register_all_modules
from mmengine.config import Config, ConfigDict
from mmengine.optim import build_optim_wrapper
from torch import Tensor

from ..shipped import shipped
from .measure import own_peak
from .peers.cases import make_batch
from .peers.parity import clone

CONFIGS = shipped('configs') / 'from_glip'
RUNS = {
    'stage 1': 'glip_t_stage1',
    'mask stage, COCO': 'glip_t_coco_mask_stage',
    'mask stage, LVIS': 'glip_t_lvis_mask_stage',
    'VQA': 'glip_t_vqav2',
    'captions': 'glip_t_coco_caption',
}
SIZES = ((480, 640), (800, 1333))
NAMES = 80  # of COCO
ANSWERS = 3129
QUESTION, CAPTION = (
    'What is the man in the red coat holding?',
    ('A man in a red coat is holding an umbrella on a busy street.'),
)


def measure(run: str, size: tuple[int, int], steps: int) -> dict[str, float]:
    """Time training steps of one image in this process, the optimiser included.

    Args:
        run: A key of :data:`RUNS`.
        size: (H, W) of the image in pixels.
        steps: Timed steps; one more comes before.

    Returns:
        Median ``seconds`` of a step, and ``megabytes`` of the process's peak.
    """
    step = make_step(run, size)
    step()
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return dict(seconds=statistics.median(seconds), megabytes=own_peak())


def make_step(run: str, size: tuple[int, int]) -> Callable[[], dict[str, Tensor]]:
    """Build a config's model with random weights, and its step on a made-up image.

    Args:
        run: A key of :data:`RUNS`.
        size: (H, W) of the image in pixels.
    """
    register_all_modules()
    torch.manual_seed(0)
    config = Config.fromfile(CONFIGS / f'{RUNS[run]}.py')
    model = MODELS.build(without_files(config.model)).train()
    wrapper = dict(config.optim_wrapper, type='OptimWrapper')  # float32
    wrapper.pop('loss_scale', None)
    optimizer = build_optim_wrapper(model, wrapper)
    batch = make_batch('one image', size, NAMES)
    fit(batch['data_samples'][0], model, size)

    def step() -> dict[str, Tensor]:
        return model.train_step(clone(batch), optimizer)

    return step


def without_files(model: ConfigDict) -> ConfigDict:
    """Replace what a model's config reads from a user's files."""
    if model.get('vqa_head'):
        model.vqa_head.answers = [f'answer {number}' for number in range(ANSWERS)]
    return model


def fit(sample: DetDataSample, model: torch.nn.Module, size: tuple[int, int]) -> None:
    """Give a sample what the model's task needs."""
    instances = sample.gt_instances
    if model.mask_head is not None:
        masks = np.zeros((len(instances), *size), dtype=np.uint8)
        for mask, (left, top, right, bottom) in zip(masks, instances.bboxes.int()):
            mask[top:bottom, left:right] = 1
        instances.masks = BitmapMasks(masks, *size)
    if model.vqa_head is not None:
        asked = dict(text=QUESTION, task='vqa', gt_answers=['answer 7'] * 10)
    elif model.caption_head is not None:
        asked = dict(text=CAPTION, task='caption')
    else:
        return
    sample.set_metainfo(dict(custom_entities=False, **asked))
    del sample.gt_instances

"""Time and memory of GLIP-T's training steps at full size, by configs/from_glip."""

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
from torch import Tensor, nn

from ..shipped import shipped
from .measure import own_peak
from .peers.cases import make_batch

CONFIGS = shipped('configs') / 'from_glip'
SMALL, SHORT, MIDDLE, LONG = (64, 64), (480, 640), (576, 768), (800, 1333)
# A config, and the sizes (H, W) of the images in pixels; LVIS's mask stage is COCO's.
RUNS = {
    'stage 1': ('glip_t_stage1', (SHORT, LONG)),
    'mask stage': ('glip_t_coco_mask_stage', (SHORT, LONG)),
    'VQA': ('glip_t_vqav2', (MIDDLE,)),
    'captions': ('glip_t_coco_caption', (MIDDLE,)),
}
NAMES = 80  # of COCO
ANSWERS = 3129
QUESTION = 'What is the man in the red coat holding?'
CAPTION = 'A man in a red coat is holding an umbrella on a busy street.'


def measure(run: str, size: tuple[int, int], steps: int) -> dict[str, float]:
    """Time training steps of one image in this process, the optimiser included.

    Args:
        run: A key of :data:`RUNS`.
        size: (H, W) of the image in pixels.
        steps: Timed steps; one of a small image comes before.

    Returns:
        Median ``seconds`` of a step in which a processor worked, so that other load
        of the machine does not count, and ``megabytes`` of the process's peak.
    """
    step = make_step(run)
    step(SMALL)
    seconds = []
    for _ in range(steps):
        start = time.process_time()
        step(size)
        seconds.append(time.process_time() - start)
    return dict(seconds=statistics.median(seconds), megabytes=own_peak())


def make_step(run: str) -> Callable[[tuple[int, int]], dict[str, Tensor]]:
    """Build a config's model with random weights, and its step on a made-up image.

    Args:
        run: A key of :data:`RUNS`.

    Returns:
        The step; it takes (H, W) of the image in pixels.
    """
    register_all_modules()
    torch.manual_seed(0)
    config = Config.fromfile(CONFIGS / f'{RUNS[run][0]}.py')
    model = MODELS.build(without_files(config.model)).train()
    wrapper = dict(config.optim_wrapper, type='OptimWrapper')  # float32
    wrapper.pop('loss_scale', None)
    optimizer = build_optim_wrapper(model, wrapper)

    def step(size: tuple[int, int]) -> dict[str, Tensor]:
        batch = make_batch('one image', size, NAMES)
        fit(batch['data_samples'][0], model, size)
        return model.train_step(batch, optimizer)

    return step


def without_files(model: ConfigDict) -> ConfigDict:
    """Replace what a model's config reads from a user's files."""
    if model.get('vqa_head'):
        model.vqa_head.answers = [f'answer {number}' for number in range(ANSWERS)]
    return model


def fit(sample: DetDataSample, model: nn.Module, size: tuple[int, int]) -> None:
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

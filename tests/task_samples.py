"""A tiny model with all heads, and samples of each task."""

from collections.abc import Sequence
from copy import deepcopy

import torch
from mmdet.structures import DetDataSample
from torch import nn

from tests.tiny import (
    TEXT_DIM,
    batch_of,
    sample_of,
    tiny_config,
    tiny_model,
)

ANSWERS = ('yes', 'no', '2', 'red')


HEADS = dict(
    vqa_head=dict(type='VQAHead', text_dim=TEXT_DIM, answers=ANSWERS),
    caption_head=dict(type='CaptionHead', text_dim=TEXT_DIM),
)


def task_model(**changes: object) -> nn.Module:
    """Build the tiny model with all heads; captions of five words at most."""
    test_cfg = {**tiny_config().test_cfg, 'caption': dict(max_length=5)}
    return tiny_model(**{**HEADS, 'test_cfg': test_cfg, **changes})


def box_sample() -> DetDataSample:
    return sample_of(('dog', 'cat'), [[8, 8, 40, 40]], [1])


def vqa_sample(**keys: object) -> DetDataSample:
    keys = {'text': 'is there a dog?', 'gt_answers': ['yes'] * 7 + ['no'] * 3, **keys}
    return sample_of(**{'task': 'vqa', **keys})


def caption_sample(text: str = 'a dog and a cat', **keys: object) -> DetDataSample:
    return sample_of(text, task='caption', **keys)


def predict(
    model: nn.Module, samples: Sequence[DetDataSample], batch: dict | None = None
) -> list[DetDataSample]:
    """Run the public test step on copies."""
    batch = batch_of(samples) if batch is None else batch
    with torch.no_grad():
        return model.eval().test_step(deepcopy(batch))

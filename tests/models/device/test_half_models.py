"""Each model of the repository, in small, computes in half precision."""

from pathlib import Path

import pytest
import torch
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope

import glipv2  # noqa: F401 (registers the models)
from tests.public_layouts.shrunk import shrink_model
from tests.task_samples import sample_of

CONFIGS = Path(__file__).parents[3] / 'configs/_base_/models'
TASKS = dict(vqa_head='vqa', caption_head='grounded_caption', mask_head='segmentation')


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize('name', sorted(path.name for path in CONFIGS.glob('*.py')))
def test_boxes_are_those_of_float32(name: str, dtype: torch.dtype) -> None:
    init_default_scope('mmdet')
    config = Config.fromfile(CONFIGS / name).model
    shrink_model(config)
    if config.get('vqa_head'):
        config.vqa_head.update(answers=['yes', 'no'], num_answers=None)
    torch.manual_seed(0)
    model = MODELS.build(config).eval()
    model.init_weights()
    image = torch.randn(1, 3, 64, 96)
    tasks = ['detection', *(t for head, t in TASKS.items() if config.get(head))]
    scores = []
    for each in (torch.float32, dtype):
        model.to(each)
        for task in tasks:
            text = ('a cat', 'a dog') if task == 'detection' else 'a cat'
            sample = sample_of(text, task=task)
            with torch.no_grad():
                model.predict(image, [sample])
            if task == 'detection':
                scores.append(sample.pred_instances.scores.float())
    assert len(scores[0])
    count = min(map(len, scores))
    torch.testing.assert_close(scores[1][:count], scores[0][:count], atol=0.03, rtol=0)

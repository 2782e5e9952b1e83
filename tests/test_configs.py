"""Every config of the repository builds, shrunk, and runs one step and a prediction."""

from pathlib import Path

import numpy as np
import pytest
from mmdet.registry import HOOKS, METRICS, MODELS, TRANSFORMS
from mmdet.structures.mask import BitmapMasks
from mmengine.config import Config

from tests.tiny import TEXT_SOURCE, batch_of, losses_of, sample_of

ROOT = Path(__file__).parents[1]
CONFIGS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / 'configs').rglob('*.py')
    if '_base_' not in path.parts
)


def test_there_are_configs() -> None:
    assert CONFIGS


@pytest.mark.timeout(120)
@pytest.mark.parametrize('path', CONFIGS)
def test_config_builds_and_runs(path: str) -> None:
    config = Config.fromfile(ROOT / path)
    model_config = config.model
    text_dim = model_config.bbox_head.text_dim
    model_config.text_encoder.update(
        source={**TEXT_SOURCE, 'hidden_size': text_dim}, frozen=False
    )
    model_config.backbone.init_cfg = None  # files that a user has to get
    if model_config.get('mlm_head'):
        model_config.mlm_head.vocab_size = 30522  # of that text encoder
    model = MODELS.build(model_config)
    model.init_weights()
    sample = sample_of(('dog', 'car'), [[8, 8, 56, 56]], [1])
    mask = np.zeros((1, 64, 96), dtype=np.uint8)
    mask[:, 8:56, 8:56] = 1
    sample.gt_instances.masks = BitmapMasks(mask, 64, 96)
    batch = batch_of([sample])
    losses = losses_of(model, batch)
    sum(losses.values()).backward()
    assert all(loss.isfinite() for loss in losses.values())
    found = model.eval().test_step(batch)[0].pred_instances
    assert set(found.label_names) <= {'dog', 'car'}


@pytest.mark.parametrize('path', CONFIGS)
def test_what_a_config_names_is_registered(path: str) -> None:
    config = Config.fromfile(ROOT / path)
    assert 'glipv2' in config.custom_imports['imports']
    for loader in (config.train_dataloader, config.test_dataloader):
        inner = loader.dataset.get('dataset', loader.dataset)
        for dataset in inner.get('datasets', [inner]):
            for transform in dataset.pipeline:
                assert TRANSFORMS.get(transform.type), transform.type
    assert METRICS.get(config.test_evaluator.type)
    assert all(HOOKS.get(hook.type) for hook in config.custom_hooks)

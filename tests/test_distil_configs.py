"""Detectors of mmdet learn from what `glipv2 label` writes."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmdet.registry import HOOKS, METRICS, MODELS
from mmengine.dataset import pseudo_collate
from mmengine.runner import Runner
from PIL import Image

from glipv2.engine.config_options import read_config_with

ROOT = Path(__file__).parents[1]
CONFIGS = sorted(path.stem for path in (ROOT / 'configs' / 'distil').glob('*.py'))
NAMES = ('red apple', 'dog face', 'bus')
SIDE = 64


@pytest.fixture(scope='module')
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write two labelled images, as `glipv2 label -f coco` does."""
    out = tmp_path_factory.mktemp('labels')
    (out / 'coco').mkdir()
    noise = np.random.default_rng(0)
    images, boxes = [], []
    for number in (1, 2):
        name = f'{number}.png'
        pixels = noise.integers(0, 255, (48, 80, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(out / name)
        images.append(dict(id=number, file_name=name, width=80, height=48))
        boxes.append(
            dict(
                id=number, image_id=number, category_id=number, bbox=[8, 6, 40, 30],
                area=1200, iscrowd=0, score=0.9,
            )
        )  # fmt: skip
    categories = [dict(id=i, name=name) for i, name in enumerate(NAMES, 1)]
    content = dict(images=images, annotations=boxes, categories=categories)
    for split in ('train', 'val'):
        (out / f'coco/{split}.json').write_text(json.dumps(content))
    return out


def test_there_are_configs() -> None:
    assert {'rtmdet_tiny', 'yolox_tiny', 'dino_r50'} <= {*CONFIGS}


@pytest.mark.parametrize('name', CONFIGS)
@pytest.mark.parametrize('names', [None, 'dog face', 'bus . red apple'])
def test_all_that_is_labelled_is_learnt_or_what_is_named(
    names: str | None, name: str, labels: Path
) -> None:
    options = dict(labels=str(labels), images=str(labels))
    if names is not None:
        options['names'] = names
    config = read_config_with(ROOT / f'configs/distil/{name}.py', options)
    expected = NAMES if names is None else tuple(names.split(' . '))
    for part in (config.labelled_train, config.labelled_val):
        assert tuple(part.metainfo.classes) == expected
    assert config.model.bbox_head.num_classes == len(expected)


@pytest.mark.parametrize('name', CONFIGS)
def test_config_learns_from_labels(name: str, labels: Path) -> None:
    options = dict(
        labels=str(labels), images=str(labels), names=' . '.join(NAMES),
        image_size=str(SIDE), labelled_epochs='10',
    )  # fmt: skip
    config = read_config_with(ROOT / f'configs/distil/{name}.py', options)
    assert config.train_cfg.max_epochs == 10
    assert config.model.bbox_head.num_classes == len(NAMES)
    for hook in config.get('custom_hooks', ()):
        assert HOOKS.get(hook.type)
    METRICS.build(config.val_evaluator)
    config.model.backbone.pop('init_cfg', None)  # of files on the network
    config.model.backbone.pop('pretrained', None)
    if 'num_queries' in config.model:
        # There are not more places in a small image.
        config.model.num_queries = config.model.test_cfg.max_per_img = 10
    model = MODELS.build(config.model)
    model.init_weights()  # DINO's embeddings are what lay in memory before
    model.apply(_without_sync)
    batches = {}
    for split in ('train', 'val'):
        loader = config[f'{split}_dataloader']
        loader.update(batch_size=2, num_workers=0, persistent_workers=False)
        dataset = Runner.build_dataloader(loader).dataset
        assert dataset.metainfo['classes'] == NAMES
        batches[split] = pseudo_collate([dataset[row] for row in range(2)])
        assert {*dataset[0]['inputs'].shape[1:]} <= {SIDE, SIDE * 48 // 80}
    losses = model(**model.data_preprocessor(batches['train'], True), mode='loss')
    total, _ = model.parse_losses(losses)
    total.backward()
    assert total.isfinite()
    with torch.no_grad():
        found = model.eval().val_step(batches['val'])
    assert [each.ori_shape for each in found] == [(48, 80)] * 2


@pytest.mark.parametrize('asked, epochs', [({}, 8), (dict(mosaic_epochs='0'), 0)])
def test_the_first_epochs_have_mosaics(asked: dict, epochs: int, labels: Path) -> None:
    options = dict(labels=str(labels), images=str(labels), labelled_epochs='10')
    for name in ('rtmdet_tiny', 'yolox_tiny'):
        path = ROOT / f'configs/distil/{name}.py'
        hooks = read_config_with(path, options | asked).custom_hooks
        (switch,) = (each for each in hooks if each.type == 'PipelineSwitchHook')
        assert switch.switch_epoch == epochs


def _without_sync(module: torch.nn.Module) -> None:
    """Let layers that talk to other processes compute alone, as the runner does."""
    if isinstance(module, torch.nn.SyncBatchNorm):
        module.__class__ = torch.nn.BatchNorm2d


def test_names_without_labels_are_refused(labels: Path) -> None:
    options = dict(labels=str(labels), images=str(labels), names='bus . red aple')
    wanted = r'names has red aple, but .*train\.json has labels of red apple, dog face'
    with pytest.raises(ValueError, match=wanted):
        read_config_with(ROOT / 'configs/distil/rtmdet_tiny.py', options)

"""mmdet's own scripts on the fine-tuning config and on what training writes."""

import subprocess
import sys
from pathlib import Path

import mmdet
import mmengine
import numpy as np
import pytest
import torch
from mmdet.apis import DetInferencer
from mmdet.registry import DATASETS, MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope

from tests.integration.test_own_data import CONFIG, ROOT, run

SCRIPTS = Path(mmdet.__file__).parent / '.mim/tools'


def run_mmdet(script: str, *arguments: object, cwd: Path) -> str:
    """Run a script of mmdet."""
    finished = subprocess.run(
        [sys.executable, SCRIPTS / script, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr[-3000:]
    return finished.stdout


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a set, a small config and weights, and test them with our script."""
    folder = tmp_path_factory.mktemp('scripts')
    run(
        'tools/dataset_converters/make_coloured_shapes.py', 'data/mine', '--train', 2,
        '--val', 2, '--size', 64, cwd=folder,
    )  # fmt: skip
    head, _, loaders = CONFIG.partition('train_dataloader')
    (folder / 'mine.py').write_text(
        head.format(root=ROOT)
        + 'train_dataloader = dict(num_workers=0, persistent_workers=False)\n'
        + 'val_dataloader' + loaders.partition('val_dataloader')[2]
    )  # fmt: skip
    init_default_scope('mmdet')
    torch.manual_seed(0)
    config = Config.fromfile(folder / 'mine.py')
    weights = MODELS.build(config.model).state_dict()
    meta = dict(dataset_meta=dict(classes=('red circle',)))
    torch.save(dict(state_dict=weights, meta=meta), folder / 'w.pth')
    run(
        'tools/test.py', 'mine.py', 'w.pth', '--work-dir', 'work', '--out', 'found.pkl',
        cwd=folder,
    )  # fmt: skip
    return folder


@pytest.mark.timeout(240)
def test_analyse_results_and_the_inferencer(folder: Path) -> None:
    dumped = next((folder / 'work').glob('*.py'))
    run_mmdet(
        'analysis_tools/analyze_results.py', dumped, 'found.pkl', 'shown',
        '--topk', 1, cwd=folder,
    )  # fmt: skip
    assert list((folder / 'shown').rglob('*.png'))
    inferencer = DetInferencer(
        str(dumped), str(folder / 'w.pth'), device='cpu', show_progress=False
    )
    image = str(folder / 'data/mine/val/00000.png')
    found = inferencer(image, texts='red circle', custom_entities=True)
    assert len(found['predictions'][0]['scores']) > 0


@pytest.mark.timeout(240)
def test_browsing_names_boxes_by_the_text(folder: Path) -> None:
    dumped = next((folder / 'work').glob('*.py'))
    prompt = next(
        i
        for i, step in enumerate(Config.fromfile(dumped).train_pipeline)
        if step.type == 'SampleDetectionPrompt'
    )
    step = f'train_dataloader.dataset.pipeline.{prompt}'
    pack = f'train_dataloader.dataset.pipeline.{prompt + 1}'
    options = ('--cfg-options', f'{step}.num_categories=4', f'{step}.shuffle=True')
    run_mmdet(
        'analysis_tools/browse_dataset.py', dumped, '--output-dir', 'boxes',
        '--not-show', *options, cwd=folder,
    )  # fmt: skip
    run_mmdet(
        'analysis_tools/browse_grounding_dataset.py', dumped, '--output-dir', 'texts',
        '--not-show', *options, f'{pack}.as_sentence=True', cwd=folder,
    )  # fmt: skip
    assert len(list((folder / 'boxes').iterdir())) == 2
    assert len(list((folder / 'texts').iterdir())) == 2


def test_names_of_boxes_are_those_of_the_file(folder: Path, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    config = Config.fromfile('mine.py').train_dataloader.dataset
    for step in config.pipeline:
        if step.type == 'SampleDetectionPrompt':
            step.update(num_categories=4, shuffle=True)
    dataset = DATASETS.build(config)
    content = mmengine.load('data/mine/annotations/instances_train.json')
    names = {each['id']: each['name'] for each in content['categories']}
    np.random.seed(0)
    for index in range(len(dataset)):
        sample = dataset[index]['data_samples']
        own = [x for x in content['annotations'] if x['image_id'] == sample.img_id]
        expected = [names[each['category_id']] for each in own]
        assert sample.gt_instances.label_names == expected
        assert [sample.text[x] for x in sample.gt_instances.labels] == expected

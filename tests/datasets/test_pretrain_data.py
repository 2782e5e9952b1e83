"""The pre-training configs' data, on small files of the same formats."""

import subprocess
import sys
from pathlib import Path

import pytest
from mmdet.registry import DATASETS
from mmengine.config import Config

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / 'configs' / 'pretrain').glob('*.py'))


@pytest.fixture(scope='module')
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make ODVG files."""
    out = tmp_path_factory.mktemp('pretrain') / 'scenes'
    subprocess.run(
        [
            sys.executable, ROOT / 'tools/dataset_converters/make_emoji_scenes.py', out,
            '--train', '20', '--val', '1', '--val-unseen', '1', '--jobs', '1',
            '--formats', 'odvg',
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return out


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_every_set_gives_samples_with_their_text(path: Path, scenes: Path) -> None:
    stream = Config.fromfile(path).train_dataloader.dataset
    assert len(stream.datasets) == len(stream.weights)
    kinds = []
    for dataset in stream.datasets:
        kind = 'vg' if dataset.get('label_map_file') is None else 'od'
        kinds.append(kind)
        dataset.data_root = str(scenes)
        dataset.ann_file = f'annotations/odvg_train_{kind}.jsonl'
        dataset.data_prefix.img = 'train/'
        if kind == 'od':
            dataset.label_map_file = 'annotations/odvg_train_label_map.json'
        for step in dataset.pipeline:
            if 'tokenizer' in step:
                step.tokenizer = 'bert-base-uncased'  # CLIP's is not shipped
    stream.weights = [1] * len(kinds)
    mixed = DATASETS.build(stream)
    seen = set()
    for k in range(60):
        sample = mixed[k]['data_samples']
        chosen = mixed.draw(k)[0]
        seen.add(chosen)
        assert isinstance(sample.text, str) == (kinds[chosen] == 'vg')
        assert len(sample.gt_instances) > 0
        assert min(sample.img_shape) in (480, 560, 640, 720, 800)
    assert seen == set(range(len(kinds)))

"""Hooks about images: checked before a run, counted in training, drawn in a test."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from mmdet.registry import DATASETS
from mmdet.structures import DetDataSample
from mmdet.visualization import DetLocalVisualizer
from mmengine.config import Config
from mmengine.dataset import ConcatDataset
from mmengine.logging import MessageHub
from mmengine.runner import BaseLoop
from mmengine.structures import InstanceData
from PIL import Image
from torch.utils.data import Dataset

from glipv2.engine import CheckImages, CountSkipped, DrawPredictions

ROOT = Path(__file__).parents[2]
NAMES = ('cam0/frame.png', 'cam1/frame.png', 'cam2/frame.png')


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Make two joined sets of images of one name."""
    sets = []
    for name in NAMES:
        (tmp_path / name).parent.mkdir()
        Image.new('RGB', (40, 30), 'grey').save(tmp_path / name)
        info = dict(img_path=str(tmp_path / name), instances=[])
        (tmp_path / 'empty.json').write_text('{"metainfo": {}, "data_list": [{}]}')
        made = DATASETS.build(
            dict(
                type='BaseDetDataset', ann_file=str(tmp_path / 'empty.json'),
                pipeline=[dict(type='LoadImage', on_bad='skip')], lazy_init=True,
                _scope_='mmdet', serialize_data=False,
            )
        )  # fmt: skip
        made.data_list, made._fully_initialized = [info], True
        sets.append(made)
    return ConcatDataset(sets, lazy_init=True)


class Loop(BaseLoop):
    """A loop over a data set."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataloader = SimpleNamespace(dataset=dataset)

    def run(self) -> None:
        """Do nothing."""


def test_unusable_images_are_told_before_the_run(
    dataset: Dataset, tmp_path: Path
) -> None:
    runner = SimpleNamespace(_val_loop=Loop(dataset), _test_loop=dict())
    CheckImages().before_run(runner)
    dataset.datasets[0].data_list[0].update(height=60, width=80)
    (tmp_path / NAMES[1]).write_bytes(b'')
    (tmp_path / NAMES[2]).unlink()
    told = '3 of 3 images .*cam0.*is 40 x 30, but.*cam1.*trunc.*cam2.*not exist'
    with pytest.raises(OSError, match=told):
        CheckImages().before_run(runner)


def test_skipped_images_are_in_the_log(dataset: Dataset, tmp_path: Path) -> None:
    hub = MessageHub.get_instance('skipped')
    train = SimpleNamespace(dataset=dataset)
    runner = SimpleNamespace(train_dataloader=train, message_hub=hub)
    hook = CountSkipped()
    hook.before_train(runner)
    (tmp_path / NAMES[2]).unlink()
    for leaf in dataset.datasets:
        leaf.prepare_data(0)
    hook.after_train_iter(runner, 0)
    assert hub.get_scalar('train/skipped').current() == 1


def test_images_of_one_name_are_drawn_into_files_of_their_own(
    dataset: Dataset, tmp_path: Path
) -> None:
    DetLocalVisualizer.get_instance('drawing')
    hook = DrawPredictions(draw=True, test_out_dir='drawn')
    runner = SimpleNamespace(
        work_dir=str(tmp_path),
        timestamp='now',
        test_dataloader=SimpleNamespace(dataset=dataset),
    )
    found = InstanceData(bboxes=np.zeros((0, 4)), labels=[], scores=np.zeros(0))
    for name in NAMES:
        sample = DetDataSample(
            metainfo=dict(img_path=str(tmp_path / name)), pred_instances=found
        )
        hook.after_test_iter(runner, 0, {}, [sample])
    drawn = sorted(x.name for x in (tmp_path / 'now' / 'drawn').rglob('*.png'))
    assert drawn == ['frame-00000001.png', 'frame-00000002.png', 'frame.png']


@pytest.mark.parametrize('stage', ['', '_stage2'])
def test_pre_training_skips_broken_images(stage: str) -> None:
    for model in ('t_o365-goldg-cap4m', 'b_fiveods-goldg-cc15m-sbu'):
        path = ROOT / f'configs/pretrain/glipv2_swin-{model}{stage}.py'
        config = Config.fromfile(path)
        for part in config.train_dataloader.dataset.datasets:
            assert part.pipeline[0].type == 'LoadImage'
            assert part.pipeline[0].on_bad == 'skip'
        assert config.default_hooks.count_skipped.type == 'CountSkipped'

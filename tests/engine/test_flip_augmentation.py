"""``--tta`` of every config of the repository: it can be built, or says why not."""

from pathlib import Path

import pytest
from mmdet.registry import MODELS
from mmengine.config import Config, ConfigDict
from mmengine.dataset import Compose

from glipv2.engine.flip_augmentation import add_flip_augmentation
from glipv2.engine.test_pipeline import leaves_of
from tests.all_configs import CONFIGS, ROOT, config_of
from tests.forked import run_forked
from tests.tiny import tiny_config

OF_SENTENCES = ('RefCoco', 'Flickr', 'PhraseCut', 'VQA', 'Karpathy')  # data sets


def test_every_config_is_mirrored_or_says_why_not() -> None:
    kinds = set()
    for path in CONFIGS:
        config = config_of(path)
        test_cfg = config.model.get('test_cfg')
        kinds_read = [leaf.type for leaf in leaves_of(config.test_dataloader.dataset)]
        sentences = any(name in x for name in OF_SENTENCES for x in kinds_read)
        kinds.add(sentences)
        if sentences:
            with pytest.raises(ValueError, match='sentences'):
                add_flip_augmentation(config)
            continue
        count = len(leaves_of(config.test_dataloader.dataset))
        add_flip_augmentation(config)
        leaves = leaves_of(config.test_dataloader.dataset)
        assert len(leaves) == count > 0
        for leaf in leaves[:2]:
            *_, views = Compose(leaf.pipeline).transforms
            assert len(views.subroutines) == 2
        assert config.model.type == 'TextTTAModel'
        assert config.model.module.get('test_cfg') == test_cfg
    assert kinds == {True, False}


def test_the_merged_boxes_follow_the_test_settings() -> None:
    module = tiny_config()
    module.test_cfg.update(
        max_per_img=77, nms=dict(type='nms', iou_threshold=0.31), chunked_size=9
    )
    config = ConfigDict(type='TextTTAModel', module=module)
    assert MODELS.build(config).tta_cfg.max_per_img == 77
    assert MODELS.build(config).tta_cfg.nms.iou_threshold == 0.31
    own = MODELS.build(ConfigDict(config, tta_cfg=dict(max_per_img=5)))
    assert own.tta_cfg.max_per_img == 5 and own.tta_cfg.chunked_size == 9


@pytest.mark.parametrize('pack', ['PackTextDetInputs', 'PackDetInputs', 'Other'])
def test_keys_of_the_flip_are_packed(pack: str) -> None:
    leaf = dict(
        type='CocoTextDataset',
        pipeline=[dict(type='LoadImage'), dict(type=pack, meta_keys=('img_id',))],
    )
    wrapped = dict(type='RepeatDataset', times=2, dataset=dict(datasets=[leaf, leaf]))
    config = Config(
        dict(model=dict(type='GLIPv2'), test_dataloader=dict(dataset=wrapped))
    )
    if pack == 'Other':
        with pytest.raises(ValueError, match='ends with Other'):
            add_flip_augmentation(config)
        return
    add_flip_augmentation(config)
    for each in leaves_of(config.test_dataloader.dataset):
        packing = each.pipeline[-1].transforms[1][0]
        assert packing.meta_keys == ('img_id', 'flip', 'flip_direction')


def test_a_config_of_its_own_is_taken() -> None:
    config = Config.fromfile(ROOT / 'configs/vqa/glipv2_swin-t_vqav2.py')
    config.tta_pipeline = [dict(type='LoadImage')]
    config.tta_model = dict(type='Mine')
    add_flip_augmentation(config)
    assert config.model.type == 'Mine' and config.model.module.type == 'GLIPv2'
    (leaf,) = leaves_of(config.test_dataloader.dataset)
    assert leaf.pipeline == config.tta_pipeline


def test_the_script_says_why_in_one_line(tmp_path: Path) -> None:
    run = run_forked([
        ROOT / 'tools/test.py',
        ROOT / 'configs/refcoco/glip_t_refcoco.py', tmp_path / 'none.pth', '--tta',
        '--work-dir', tmp_path,
    ])  # fmt: skip
    assert run.returncode == 2 and 'Traceback' not in run.stderr
    assert 'argument --tta: the texts of MDETRStyleRefCocoDataset' in run.stderr

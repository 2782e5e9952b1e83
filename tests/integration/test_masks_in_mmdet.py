"""Masks through mmdet's inferencer, visualiser, metrics and test-time augmentation."""

import json
import pickle
from pathlib import Path

import mmcv
import numpy as np
import pytest
import torch
from mmdet.apis import DetInferencer
from mmdet.evaluation import LVISMetric
from mmdet.registry import MODELS
from mmdet.visualization import DetLocalVisualizer
from mmengine.config import Config
from mmengine.registry import init_default_scope
from pycocotools import mask as rle

from glipv2.apis import init_model, predict_entries
from tests.forked import run_forked, run_well

ROOT = Path(__file__).parents[2]
SIDE = 96
CONFIG = """
_base_ = '{root}/configs/quickstart/masks_emoji.py'
data_root = '{data}/'
load_from = None
model = dict(
    backbone=dict(pretrained=False),
    text_encoder=dict(
        source=dict(
            _delete_=True, hidden_size=384, num_hidden_layers=1,
            num_attention_heads=2, intermediate_size=64,
        ),
    ),
    test_cfg=dict(score_thr=0.0, max_per_img=7),
)
val_dataloader = dict(
    batch_size=1, num_workers=0, persistent_workers=False,
    dataset=dict(data_root=data_root),
)
test_dataloader = val_dataloader
test_evaluator = dict(ann_file=data_root + 'annotations/instances_val.json')
"""


@pytest.fixture(scope='module')
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make two images to test on."""
    out = tmp_path_factory.mktemp('data') / 'scenes'
    run_well([
        ROOT / 'tools/dataset_converters/make_emoji_scenes.py',
        out, '--size', str(SIDE), '--object-size', '24', '60', '--train', '1',
        '--val', '2', '--val-unseen', '1', '--jobs', '1', '--formats', 'coco',
        'lvis',
    ])  # fmt: skip
    return out


@pytest.fixture(scope='module')
def model(data: Path) -> tuple[Path, Path]:
    """Write a shrunken mask config and random weights."""
    config, weights = data.parent / 'tiny_masks.py', data.parent / 'tiny.pth'
    config.write_text(CONFIG.format(root=ROOT, data=data))
    torch.manual_seed(0)
    init_default_scope('mmdet')
    built = MODELS.build(Config.fromfile(config).model)
    meta = dict(dataset_meta=dict(classes=('key', 'dog face')))
    torch.save(dict(state_dict=built.state_dict(), meta=meta), weights)
    return config, weights


@pytest.mark.timeout(120)
def test_inferencer_and_visualiser_have_the_models_masks(
    data: Path, model: tuple[Path, Path], tmp_path: Path
) -> None:
    file = str(data / 'val' / '000000.jpg')
    inferencer = DetInferencer(
        str(model[0]), str(model[1]), device='cpu', show_progress=False
    )
    found = inferencer(
        file, texts='key . dog face', custom_entities=True, out_dir=str(tmp_path),
        no_save_pred=False, pred_score_thr=0.0,
    )['predictions'][0]  # fmt: skip
    (own,) = predict(model, file)
    expected = own.pred_instances
    masks = np.stack([rle.decode(entry) for entry in found['masks']])
    assert masks.shape == (7, SIDE, SIDE)
    assert (masks == expected.masks.numpy()).mean() > 0.999
    assert json.loads((tmp_path / 'preds' / '000000.json').read_text()) == found
    assert mmcv.imread(tmp_path / 'vis' / '000000.jpg').shape == (SIDE, SIDE, 3)


def predict(model: tuple[Path, Path], image: str) -> list:
    """Predict without mmdet's inferencer."""
    entry = dict(img_path=image, img_id=0, text=('key', 'dog face'))
    return predict_entries(init_model(*model), [entry])


def test_visualiser_tints_the_mask(data: Path, model: tuple[Path, Path]) -> None:
    file = str(data / 'val' / '000000.jpg')
    (sample,) = predict(model, file)
    image = mmcv.imread(file, channel_order='rgb')
    sample.pred_instances = sample.pred_instances[:1]
    sample.pred_instances.masks[:] = False
    sample.pred_instances.masks[0, 30:60, 20:50] = True
    visualizer = DetLocalVisualizer()
    visualizer.dataset_meta = dict(classes=('key', 'dog face'))

    def draw() -> np.ndarray:
        visualizer.add_datasample(
            'picture', image, sample, draw_gt=False, pred_score_thr=0.0
        )
        return visualizer.get_image().astype(int)

    with_mask = draw()
    del sample.pred_instances.masks
    changed = np.abs(with_mask - draw()).max(-1) > 9  # not roundings
    assert changed[30:60, 20:50].mean() > 0.9
    changed[28:62, 18:52] = False  # the outline
    assert changed.mean() < 0.2  # the label, whose size follows the mask


def test_true_masks_fed_to_the_lvis_metric_have_full_ap(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(np, 'float', float, raising=False)  # lvis 0.5.3 needs it
    file = data / 'annotations' / 'lvis_val.json'
    content = json.loads(file.read_text())
    numbers = [category['id'] for category in content['categories']]
    metric = LVISMetric(ann_file=str(file), metric=['bbox', 'segm'])
    metric.dataset_meta = dict(
        classes=tuple(category['name'] for category in content['categories'])
    )
    entries = []
    for image in content['images']:
        true = [x for x in content['annotations'] if x['image_id'] == image['id']]
        boxes = torch.tensor([x['bbox'] for x in true]).float()
        masks = [rle.decode(x['segmentation']) for x in true]
        instances = dict(
            bboxes=torch.cat((boxes[:, :2], boxes[:, :2] + boxes[:, 2:]), 1),
            labels=torch.tensor([numbers.index(x['category_id']) for x in true]),
            scores=torch.ones(len(true)),
            masks=torch.from_numpy(np.stack(masks)).bool(),
        )
        entries.append(dict(
            img_id=image['id'], ori_shape=(SIDE, SIDE), pred_instances=instances
        ))  # fmt: skip
    metric.process({}, entries)
    figures = metric.evaluate(len(entries))
    assert figures['lvis/bbox_AP'] == 1
    assert figures['lvis/segm_AP'] == 1


@pytest.mark.timeout(180)
def test_test_script_merges_masks_of_flipped_views(
    data: Path, model: tuple[Path, Path], tmp_path: Path
) -> None:
    shown = run_forked([ROOT / 'tools/test.py', *model, '--tta', '--work-dir',
         tmp_path, '--out', tmp_path / 'found.pkl'])  # fmt: skip
    assert shown.returncode == 0, shown.stderr[-3000:]
    (file,) = tmp_path.glob('*/*.json')
    assert {'coco/bbox_mAP', 'coco/segm_mAP'} <= json.loads(file.read_text()).keys()
    found = pickle.loads((tmp_path / 'found.pkl').read_bytes())
    for image in found:
        instances = image['pred_instances']
        assert 0 < len(instances['masks']) <= 7  # the config's own cap, after merging
        for box, entry in zip(instances['bboxes'].tolist(), instances['masks']):
            rows, columns = rle.decode(entry).nonzero()
            if len(rows):
                assert box[0] - 2 <= columns.min() and columns.max() <= box[2] + 2
                assert box[1] - 2 <= rows.min() and rows.max() <= box[3] + 2

"""Precision of referring expressions, counted by hand."""

import json
from pathlib import Path

import pytest
import torch
from mmdet.registry import DATASETS
from mmengine.config import Config
from mmengine.registry import EVALUATOR
from mmengine.structures import InstanceData
from PIL import Image

from glipv2.evaluation import ReferringPrecision
from glipv2.evaluation.benchmark_table import benchmark_tables

CONFIG = Path(__file__).parents[2] / 'configs/refcoco/glip_t_refcoco.py'
TRUE = [10, 10, 20, 20]  # x, y, width, height
HIT, MISS = [11.0, 10, 30, 30], [60.0, 60, 80, 80]


def write(path: Path, names: list[str]) -> str:
    """Write an annotation file of one expression an image."""
    images = [
        dict(
            id=i, file_name=f'{i}.jpg', height=90, width=90, dataset_name=name,
            caption='the left dog',
        )
        for i, name in enumerate(names)
    ]  # fmt: skip
    annotations = [
        dict(id=i + 1, image_id=i, category_id=1, bbox=TRUE, area=400, iscrowd=0)
        for i in range(len(names))
    ]
    categories = [dict(id=1, name='object')]
    content = dict(images=images, annotations=annotations, categories=categories)
    path.write_text(json.dumps(content))
    return str(path)


def sample_of(img_id: int, boxes: list, scores: list) -> dict:
    """Make a prediction."""
    found = InstanceData(
        bboxes=torch.tensor(boxes).reshape(-1, 4), scores=torch.tensor(scores)
    )
    return dict(img_id=img_id, pred_instances=found)


def test_figures_by_hand(tmp_path: Path) -> None:
    path = write(tmp_path / 'a.json', ['refcoco', 'refcoco', 'refcocog', 'refcocog'])
    metric = ReferringPrecision(ann_file=path, topk=(1, 2))
    metric.process(
        {},
        [
            sample_of(0, [HIT], [0.9]),
            sample_of(1, [MISS, HIT], [0.2, 0.8]),  # not in order: the hit is first
            sample_of(2, [MISS, HIT], [0.8, 0.2]),
            sample_of(3, [], []),  # nothing found
        ],
    )
    assert metric.evaluate(4) == {
        'refexp/refcoco_precision@1': 1.0,
        'refexp/refcocog_precision@1': 0.0,
        'refexp/refcoco_precision@2': 1.0,
        'refexp/refcocog_precision@2': 0.5,
    }


def test_an_image_of_another_file_is_named(tmp_path: Path) -> None:
    metric = ReferringPrecision(ann_file=write(tmp_path / 'a.json', ['refcoco']))
    with pytest.raises(ValueError, match='image 9 has 0 boxes'):
        metric.process({}, [sample_of(9, [HIT], [0.9])])


def test_the_config_scores_every_file_by_itself(tmp_path: Path) -> None:
    """Two of the eight files are there; their images have the same numbers."""
    (tmp_path / 'mdetr_annotations').mkdir()
    (tmp_path / 'train2014').mkdir()
    files = dict(refcoco_testA=3, refcocog_test=5)
    for name, count in files.items():
        file = tmp_path / 'mdetr_annotations' / f'finetune_{name}.json'
        write(file, [name.split('_')[0]] * count)
    for number in range(max(files.values())):
        Image.new('RGB', (90, 90)).save(tmp_path / 'train2014' / f'{number}.jpg')
    config = Config.fromfile(CONFIG)
    dataset, evaluator = config.test_dataloader.dataset, config.test_evaluator
    for part, metric in zip(dataset.datasets, evaluator.metrics, strict=True):
        metric.ann_file = metric.ann_file.replace(part.data_root, f'{tmp_path}/')
        part.data_root = f'{tmp_path}/'
    dataset, evaluator = DATASETS.build(dataset), EVALUATOR.build(evaluator)
    evaluator.dataset_meta = dataset.metainfo
    for number in range(len(dataset)):
        sample = dataset[number]['data_samples']
        assert sample.tokens_positive == -1
        # The first file's are all found, of the second's those before number 2.
        box = HIT if number < 5 else MISS
        sample.pred_instances = sample_of(0, [box], [0.9])['pred_instances']
        evaluator.process([sample])
    figures = evaluator.evaluate(len(dataset))
    assert figures['refcoco_testA/refexp/refcoco_precision@1'] == 1
    assert figures['refcocog_test/refexp/refcocog_precision@1'] == 0.4
    assert (figures['datasets/covered'], figures['datasets/total']) == (2, 8)
    assert not any(key.startswith(('mean', 'median')) for key in figures)
    table = benchmark_tables(figures)[0]
    assert table.columns == ('precision@1', 'precision@5', 'precision@10')
    assert table.rows == {
        'refcoco_testA': (1.0, 1.0, 1.0),
        'refcocog_test': (0.4, 0.4, 0.4),
    }


def test_every_split_of_the_papers_is_scored() -> None:
    splits = Config.fromfile(CONFIG).test_evaluator.dataset_prefixes
    assert splits == [
        *('refcoco_val', 'refcoco_testA', 'refcoco_testB'),
        *('refcoco+_val', 'refcoco+_testA', 'refcoco+_testB'),
        *('refcocog_val', 'refcocog_test'),
    ]

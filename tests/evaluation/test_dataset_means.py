"""Many data sets in one run against runs of each alone; a set that is missing."""

import json
from copy import deepcopy
from pathlib import Path
from statistics import mean, median

import numpy as np
import pytest
import torch
from mmdet.evaluation import CocoMetric
from mmdet.structures import DetDataSample
from mmengine.evaluator import BaseMetric
from mmengine.structures import InstanceData
from PIL import Image
from torch import distributed as dist
from torch import multiprocessing as mp

from glipv2.datasets import AvailableDatasets
from glipv2.evaluation import DatasetMeansEvaluator
from glipv2.evaluation.dataset_means import means_of

PIPELINE = [
    dict(type='LoadImage'),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='PackTextDetInputs'),
]
SETS = {'cars': 3, 'dogs': 5, 'gone': 0, 'signs': 3}  # images


def write_set(folder: Path, name: str, count: int) -> None:
    """Write a COCO data set of grey images with two boxes each."""
    (folder / name).mkdir()
    rng = np.random.default_rng(count)
    images, annotations = [], []
    for index in range(count):
        Image.new('RGB', (64, 48)).save(folder / name / f'{index}.png')
        images.append(dict(id=index, file_name=f'{index}.png', width=64, height=48))
        for _ in range(2):
            x, y, w, h = rng.integers(4, 24, 4).tolist()
            annotations.append(
                dict(
                    id=len(annotations) + 1, image_id=index, bbox=[x, y, w, h],
                    area=w * h, iscrowd=0, category_id=int(rng.integers(1, 3)),
                )
            )  # fmt: skip
    categories = [dict(id=1, name=f'{name} one'), dict(id=2, name=f'{name} two')]
    content = dict(images=images, annotations=annotations, categories=categories)
    (folder / name / 'all.json').write_text(json.dumps(content))


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """Write all data sets but the missing one."""
    for name, count in SETS.items():
        if count:
            write_set(tmp_path, name, count)
    return tmp_path


def datasets_of(folder: Path) -> list[dict]:
    """Describe the data sets."""
    return [
        dict(
            type='CocoTextDataset', data_root=f'{folder}/{name}/', ann_file='all.json',
            data_prefix=dict(img=''), test_mode=True, pipeline=PIPELINE,
        )
        for name in SETS
    ]  # fmt: skip


def evaluator_of(folder: Path) -> DatasetMeansEvaluator:
    """Build the evaluator."""
    metrics = [
        dict(type='CocoMetric', ann_file=f'{folder}/{name}/all.json') for name in SETS
    ]
    return DatasetMeansEvaluator(metrics, list(SETS))


def predict(sample: DetDataSample) -> DetDataSample:
    """Find the true boxes, shaken; the same ones each time."""
    sample = deepcopy(sample)
    true = sample.gt_instances
    torch.manual_seed(sum(map(ord, sample.img_path[-12:])))
    sample.pred_instances = InstanceData(
        bboxes=true.bboxes.tensor + torch.randint(-2, 3, (len(true), 4)),
        scores=torch.rand(len(true)),
        labels=true.labels,
    )
    return sample


def test_means_are_those_of_single_runs(sets: Path) -> None:
    joined = AvailableDatasets(datasets_of(sets))
    assert len(joined) == 11
    evaluator = evaluator_of(sets)
    evaluator.dataset_meta = joined.metainfo
    for start in range(0, 11, 4):  # batches across the borders of the data sets
        batch = [joined[i]['data_samples'] for i in range(start, min(start + 4, 11))]
        evaluator.process([predict(sample) for sample in batch])
    found = evaluator.evaluate(11)

    singles = {}
    for dataset, name in zip(joined.datasets, ('cars', 'dogs', 'signs')):
        metric = CocoMetric(ann_file=f'{sets}/{name}/all.json')
        metric.dataset_meta = dataset.metainfo
        for packed in dataset:
            metric.process({}, [predict(packed['data_samples']).to_dict()])
        singles[name] = metric.evaluate(len(dataset))
    for name, figures in singles.items():
        for key, value in figures.items():
            assert found.pop(f'{name}/{key}') == value
    for key in singles['cars']:
        values = [figures[key] for figures in singles.values()]
        assert len(set(values)) > 1 or set(values) == {-1.0}
        if set(values) == {-1.0}:
            assert found.pop(f'measured/{key}') == 0
        assert found.pop(f'mean/{key}') == pytest.approx(mean(values))
        assert found.pop(f'median/{key}') == median(values)
    assert found == {'datasets/covered': 3, 'datasets/total': 4}


def run_rank(rank: int, folder: str) -> None:
    """Evaluate every second sample; the last rank reads the first one again."""
    dist.init_process_group(
        'gloo', init_method=f'file://{folder}/meeting', rank=rank, world_size=2
    )
    out = evaluate_share(Path(folder), rank, 2)
    Path(folder, f'{rank}.json').write_text(json.dumps(out))
    dist.destroy_process_group()


def evaluate_share(folder: Path, rank: int, world: int) -> dict:
    """Evaluate a rank's share, as mmengine's sampler gives it."""
    joined = AvailableDatasets(datasets_of(folder))
    evaluator = evaluator_of(folder)
    evaluator.dataset_meta = joined.metainfo
    filled = [*range(11), *range(-11 % world)]
    for index in filled[rank::world]:
        evaluator.process([predict(joined[index]['data_samples'])])
    return evaluator.evaluate(11)


@pytest.mark.timeout(120)
def test_two_processes_give_the_figures_of_one(sets: Path) -> None:
    expected = evaluate_share(sets, 0, 1)
    # Forked processes need not import everything again.
    mp.start_processes(run_rank, (str(sets),), nprocs=2, start_method='fork')
    for rank in range(2):
        assert json.loads((sets / f'{rank}.json').read_text()) == expected


NAN = float('nan')


@pytest.mark.parametrize(
    ('figures', 'expected'),
    [
        ([0.2, -1.0, 0.6], (0.4, 0.4, 2)),
        ([NAN, 0.5, np.float64(0.25)], (0.375, 0.375, 2)),
        ([-1, -1.0, NAN], (-1, -1, 0)),
        ([0.0, 0.3, -1.0], (0.15, 0.15, 2)),
        ([0.0, 0.0, 0.3], (0.1, 0.0, None)),
        ([None, 0.3, 0.6], (0.3, 0.3, None)),
        ([0.9, None, -1], (0.45, 0.45, 2)),
        ([None, None, None], (None, None, None)),
    ],
)
def test_nothing_to_measure_is_left_out_and_nothing_found_is_0(
    figures: list, expected: tuple
) -> None:
    """None: a metric without figures, as mmdet's is where nothing was found."""
    rows = [{} if value is None else {'coco/mAP_s': value} for value in figures]
    found = means_of(rows)
    for row, value in zip(('mean', 'median', 'measured'), expected):
        shown = found.pop(f'{row}/coco/mAP_s', None)
        assert shown == (None if value is None else pytest.approx(value))
    assert not found


def phrases_found(index: int, found: bool) -> DetDataSample:
    """Look for one phrase in an image of a data set."""
    box = torch.tensor([[10.0, 10, 40, 40]])
    sample = DetDataSample(
        metainfo=dict(
            dataset_index=index, sample_index=index, phrase_ids=[0],
            phrases=[dict(phrase='a dog', phrase_type=['animals'])],
        )
    )  # fmt: skip
    sample.gt_instances = InstanceData(bboxes=box)
    sample.pred_instances = InstanceData(
        bboxes=box if found else box + 50, labels=torch.zeros(1), scores=torch.ones(1)
    )
    return sample


@pytest.mark.parametrize('found', [[True], [True, False]])
def test_figures_of_several_kinds_have_a_mean_of_each(found: list[bool]) -> None:
    """mmdet's recall of phrases, of one data set and of two."""
    names = [f'set {index}' for index in range(len(found))]
    evaluator = DatasetMeansEvaluator(
        [dict(type='Flickr30kMetric', topk=(1, 5)) for _ in names], names
    )
    evaluator.dataset_meta = dict(cumulative_sizes=list(range(1, len(found) + 1)))
    evaluator.process([phrases_found(*sample) for sample in enumerate(found)])
    figures = evaluator.evaluate(len(found))
    assert figures['set 0/1']['all'] == 1
    assert figures['mean/1/all'] == mean(map(float, found))
    assert figures['median/5/all'] == median(map(float, found))


def test_what_is_no_number_has_no_mean() -> None:
    rows = [dict(note='good', points=[1, 2], AP=0.5), dict(note='', points=[], AP=0.25)]
    assert means_of(rows) == {'mean/AP': 0.375, 'median/AP': 0.375}
    of_kinds = [{'R': {'all': {1: 0.5}, 'note': 'good'}}]
    assert means_of(of_kinds) == {'mean/R/all/1': 0.5, 'median/R/all/1': 0.5}


class Collect(BaseMetric):
    """Counts and sums the values that it saw."""

    default_prefix = 'seen'

    def process(self, data_batch: object, data_samples: list[dict]) -> None:
        self.results += [sample['value'] for sample in data_samples]

    def compute_metrics(self, results: list) -> dict:
        return dict(count=len(results), total=sum(results))


def test_data_sets_of_other_tasks_and_a_metric_of_all_samples() -> None:
    evaluator = DatasetMeansEvaluator(
        [dict(type=Collect), dict(type=Collect, prefix='other')], ['a', 'b']
    )
    evaluator.dataset_meta = dict(cumulative_sizes=[3, 5])
    evaluator.metrics.append(Collect())  # as tools/test.py --out does
    samples = [
        DetDataSample(
            metainfo=dict(dataset_index=int(i > 2), sample_index=i, value=2**i)
        )
        for i in range(5)
    ]
    evaluator.process(samples[:2])
    evaluator.process(samples[2:])  # a batch of two sets
    assert evaluator.evaluate(5) == {
        'a/seen/count': 3, 'a/seen/total': 7, 'b/other/count': 2, 'b/other/total': 24,
        'datasets/covered': 2, 'datasets/total': 2, 'seen/count': 5, 'seen/total': 31,
    }  # fmt: skip


def test_what_is_missing_is_named(sets: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(FileNotFoundError, match='none of the 1 data sets .*gone'):
        AvailableDatasets(datasets_of(sets)[2:3])
    with pytest.raises(ValueError, match='1 metrics, but 2 dataset_prefixes'):
        DatasetMeansEvaluator([dict(type='CocoMetric')], ['a', 'b'])
    evaluator = evaluator_of(sets)
    evaluator.dataset_meta = AvailableDatasets(datasets_of(sets)[:2]).metainfo
    with pytest.raises(ValueError, match='2 data sets were tested, but 3 metrics'):
        evaluator.evaluate(8)


def test_names_that_disagree_with_the_file_are_named(sets: Path) -> None:
    datasets = datasets_of(sets)
    datasets[1]['metainfo'] = dict(classes=('dogs one', 'dog two'))
    with pytest.raises(ValueError, match=r"dogs/all.json lacks: 'dog two'.*dogs two"):
        AvailableDatasets(datasets)

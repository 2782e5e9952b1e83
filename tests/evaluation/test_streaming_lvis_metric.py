"""The streaming LVIS metric against the lvis package and mmdet's metrics."""

import json
from collections import defaultdict
from copy import deepcopy
from pathlib import Path

import lvis
import numpy as np
import pytest
import torch
from mmdet.evaluation.metrics.lvis_metric import LVISFixedAPMetric
from mmengine.structures import InstanceData
from torch import distributed as dist
from torch import multiprocessing as mp

from glipv2.evaluation import StreamingLVISMetric
from glipv2.evaluation.lvis_protocol import numpy_float
from tests.federated import (
    NUM_CATEGORIES,
    predict_federated,
    result_list,
    write_federated,
)

EVALUATORS = ('hotcoco', 'lvis')
TOPK = 25


@pytest.fixture
def truth(tmp_path: Path) -> dict:
    """Write the annotation file, ``lvis.json``."""
    rng = np.random.default_rng(0)
    return write_federated(tmp_path / 'lvis.json', rng, 23, NUM_CATEGORIES)


def figures_of(path: Path, rows: list[dict], shape: str, max_dets: int) -> dict:
    """Run the lvis package on result dicts."""
    truth = lvis.LVIS(str(path))
    found = lvis.LVISResults(truth, deepcopy(rows), max_dets=max_dets)
    run = lvis.LVISEval(truth, found, shape)
    with numpy_float():
        run.run()
    return {k: float(v) for k, v in run.get_results().items() if k.startswith('AP')}


def best_of_each_category(rows: list[dict], topk: int) -> list[dict]:
    """Cut each category's detections, as fixed AP does."""
    of_category = defaultdict(list)
    for row in rows:
        of_category[row['category_id']].append(row)
    return [
        row
        for kind in of_category.values()
        for row in sorted(kind, key=lambda row: -row['score'])[:topk]
    ]


def run_metric(samples: list[dict], batch: int = 3, **options: object) -> dict:
    """Stream samples through the metric."""
    metric = StreamingLVISMetric(**options)
    metric._found.pending = 40  # clear often
    for start in range(0, len(samples), batch):
        metric.process({}, samples[start : start + batch])
    return metric.evaluate(len(samples))


@pytest.mark.parametrize('evaluator', EVALUATORS)
@pytest.mark.parametrize('shape', ['bbox', 'segm'])
@pytest.mark.parametrize('topk', [TOPK, 10000])
def test_fixed_ap_is_that_of_the_lvis_package(
    tmp_path: Path, truth: dict, evaluator: str, shape: str, topk: int
) -> None:
    masks = shape == 'segm'
    samples = predict_federated(truth, np.random.default_rng(1), 40, masks)
    rows = best_of_each_category(result_list(truth, samples, masks), topk)
    expected = figures_of(tmp_path / 'lvis.json', rows, shape, -1)
    assert 0 < expected['AP'] < 1
    start = 'lvis_fixed_ap/segm_' if masks else 'lvis_fixed_ap/'
    found = run_metric(
        samples, ann_file=tmp_path / 'lvis.json', topk=topk, metric=shape,
        evaluator=evaluator,
    )  # fmt: skip
    assert found == pytest.approx({start + k: v for k, v in expected.items()}, abs=1e-7)


@pytest.mark.parametrize('evaluator', EVALUATORS)
def test_standard_ap_is_that_of_the_lvis_package(
    tmp_path: Path, truth: dict, evaluator: str
) -> None:
    samples = predict_federated(truth, np.random.default_rng(2), 500, True)
    assert max(len(s['pred_instances']) for s in samples) > 300
    expected = {}
    for shape in ('bbox', 'segm'):
        rows = result_list(truth, samples, shape == 'segm')
        of_shape = figures_of(tmp_path / 'lvis.json', rows, shape, 300)
        assert of_shape != figures_of(tmp_path / 'lvis.json', rows, shape, -1)
        expected.update({f'lvis/{shape}_{k}': v for k, v in of_shape.items()})
    found = run_metric(
        samples, ann_file=tmp_path / 'lvis.json', fixed_ap=False,
        metric=['bbox', 'segm'], evaluator=evaluator,
    )  # fmt: skip
    assert found == pytest.approx(expected, abs=1e-7)


def test_keys_and_figures_are_those_of_mmdets_fixed_ap(
    tmp_path: Path, truth: dict
) -> None:
    samples = predict_federated(truth, np.random.default_rng(3), 40)
    theirs = LVISFixedAPMetric(str(tmp_path / 'lvis.json'), topk=TOPK)
    for sample in samples:
        theirs.process({}, [sample])
    with numpy_float():
        expected = theirs.evaluate(len(samples))
    found = run_metric(samples, ann_file=tmp_path / 'lvis.json', topk=TOPK)
    assert list(found) == list(expected)
    assert found == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize('evaluator', EVALUATORS)
@pytest.mark.parametrize('fixed_ap', [True, False])
def test_nothing_found_is_no_precision(
    tmp_path: Path, truth: dict, evaluator: str, fixed_ap: bool
) -> None:
    samples = predict_federated(truth, np.random.default_rng(1), 5)
    for sample in samples:
        sample['pred_instances'] = sample['pred_instances'][:0]
    found = run_metric(
        samples, ann_file=tmp_path / 'lvis.json', fixed_ap=fixed_ap,
        evaluator=evaluator,
    )  # fmt: skip
    assert len(found) == 9
    assert set(found.values()) <= {0.0, -1.0}
    assert next(iter(found.values())) == 0


def test_order_batches_and_repeats_do_not_matter(tmp_path: Path, truth: dict) -> None:
    samples = predict_federated(truth, np.random.default_rng(4), 40)
    options = dict(ann_file=tmp_path / 'lvis.json', topk=TOPK)
    expected = run_metric(samples, **options)
    shuffled = [samples[i] for i in np.random.default_rng(5).permutation(len(samples))]
    assert run_metric(shuffled, 1, **options) == expected
    metric = StreamingLVISMetric(**options)
    for batch in (samples, samples[:4]):
        metric.process({}, batch)
    assert metric.evaluate(len(samples)) == expected
    metric.process({}, samples)  # it starts anew
    assert metric.evaluate(len(samples)) == expected


def test_memory_is_bounded(tmp_path: Path, truth: dict) -> None:
    metric = StreamingLVISMetric(tmp_path / 'lvis.json', topk=TOPK)
    metric._found.pending = 100
    rng = np.random.default_rng(6)
    held = []
    for index in range(200):
        sample = predict_federated(truth, rng, 40)[index % 23]
        metric._seen[:] = False  # as if it were another image
        metric.process({}, [sample])
        held.append(len(metric._found))
    assert max(held) <= TOPK * NUM_CATEGORIES + 100 + 40


def by_both(samples: list[dict], folder: Path) -> dict:
    """Measure fixed AP and the standard AP."""
    out = {}
    for fixed_ap in (True, False):
        options = dict(fixed_ap=fixed_ap, topk=TOPK, evaluator='lvis')
        out.update(run_metric(samples, ann_file=folder / 'lvis.json', **options))
    return out


def run_rank(rank: int, folder: str) -> None:
    """Evaluate this rank's share of 23 images, as a sampler of two gives it."""
    dist.init_process_group(
        'gloo', init_method=f'file://{folder}/meeting', rank=rank, world_size=2
    )
    truth = json.loads(Path(folder, 'lvis.json').read_text())
    samples = predict_federated(truth, np.random.default_rng(7), 40)
    share = [*samples, samples[0]][rank::2]  # the first image fills up the last batch
    Path(folder, f'{rank}.json').write_text(json.dumps(by_both(share, Path(folder))))
    dist.destroy_process_group()


@pytest.mark.timeout(120)
def test_two_processes_give_the_figures_of_one(tmp_path: Path, truth: dict) -> None:
    samples = predict_federated(truth, np.random.default_rng(7), 40)
    expected = by_both(samples, tmp_path)
    # Forked processes need not import everything again; hotcoco's threads would not be
    # there.
    mp.start_processes(run_rank, (str(tmp_path),), nprocs=2, start_method='fork')
    for rank in range(2):
        assert json.loads((tmp_path / f'{rank}.json').read_text()) == expected


def test_files_hold_the_detections(tmp_path: Path, truth: dict) -> None:
    samples = predict_federated(truth, np.random.default_rng(8), 10, True)
    found = run_metric(
        samples, ann_file=tmp_path / 'lvis.json', fixed_ap=False, format_only=True,
        metric=['bbox', 'segm'], outfile_prefix=str(tmp_path / 'out'),
    )  # fmt: skip
    assert found == {}
    for shape, key in (('bbox', 'bbox'), ('segm', 'segmentation')):
        rows = json.loads((tmp_path / f'out.{shape}.json').read_text())
        expected = result_list(truth, samples, shape == 'segm')
        assert len(rows) == len(expected)
        assert figures_of(tmp_path / 'lvis.json', rows, shape, 300) == figures_of(
            tmp_path / 'lvis.json', expected, shape, 300
        )
        assert all(
            set(row) == {'image_id', 'category_id', 'score', key} for row in rows
        )


def sample_of(img_id: int, label: int) -> dict:
    """Make a sample of one box."""
    found = InstanceData(
        bboxes=torch.tensor([[0.0, 0, 9, 9]]),
        scores=torch.tensor([0.5]),
        labels=torch.tensor([label]),
    )
    return dict(img_id=img_id, img_path='stray.jpg', pred_instances=found)


def test_bad_input_is_named(tmp_path: Path, truth: dict) -> None:
    metric = StreamingLVISMetric(tmp_path / 'lvis.json')
    with pytest.raises(ValueError, match=r'image 4711 \(stray.jpg\)'):
        metric.process({}, [sample_of(4711, 0)])
    with pytest.raises(ValueError, match='image 1 has a box of label 8'):
        metric.process({}, [sample_of(1, NUM_CATEGORIES)])
    segm = StreamingLVISMetric(tmp_path / 'lvis.json', metric='segm')
    with pytest.raises(ValueError, match='image 1 has no predicted masks'):
        segm.process({}, [sample_of(1, 0)])
    with pytest.raises(ValueError, match="not 'mask'"):
        StreamingLVISMetric(tmp_path / 'lvis.json', metric='mask')
    with pytest.raises(ValueError, match="not 'pycocotools'"):
        StreamingLVISMetric(tmp_path / 'lvis.json', evaluator='pycocotools')
    with pytest.raises(ValueError, match='outfile_prefix'):
        StreamingLVISMetric(tmp_path / 'lvis.json', format_only=True)
    del truth['images'][0]['neg_category_ids']
    (tmp_path / 'coco.json').write_text(json.dumps(truth))
    with pytest.raises(ValueError, match=r'coco.json is no LVIS .*neg_category_ids'):
        StreamingLVISMetric(tmp_path / 'coco.json')


def test_numpys_missing_name_does_not_stay() -> None:
    with numpy_float():
        assert np.float is float
    assert 'float' not in vars(np)


@pytest.mark.parametrize('evaluator', EVALUATORS)
def test_files_that_the_evaluators_cannot_read(
    tmp_path: Path, truth: dict, evaluator: str
) -> None:
    samples = predict_federated(truth, np.random.default_rng(4), 20, True)
    options = dict(ann_file=tmp_path / 'lvis.json', evaluator=evaluator)
    expected = run_metric(samples, metric=['bbox', 'segm'], **options)
    for entry in truth['annotations']:
        entry['image_id'] = str(entry['image_id'])
        entry['area'] = None
        entry['segmentation'] = entry['segmentation'][0]
    for image in truth['images']:
        image['neg_category_ids'] = [f'{x}' for x in image['neg_category_ids']]
    (tmp_path / 'lvis.json').write_text(json.dumps(truth), encoding='utf-16')
    found = run_metric(samples, metric=['bbox', 'segm'], **options)
    assert found == pytest.approx(expected, abs=1e-7)
    without = [
        dict(entry, segmentation=[[float('nan')] * 6] if index == 0 else None)
        for index, entry in enumerate(truth['annotations'])
    ]
    (tmp_path / 'lvis.json').write_text(json.dumps(dict(truth, annotations=without)))
    boxes = run_metric(samples, metric='bbox', **options)
    assert boxes['lvis_fixed_ap/AP'] == pytest.approx(expected['lvis_fixed_ap/AP'])


@pytest.mark.parametrize('fixed_ap', [True, False])
@pytest.mark.parametrize('is_turned', [True, False])
def test_objects_that_fit_only_the_turned_image(
    tmp_path: Path, fixed_ap: bool, is_turned: bool
) -> None:
    # As displayed, by a writer that noted the size before EXIF's turn.
    image = dict(
        id=1, file_name='a.jpg', height=20, width=40, neg_category_ids=[],
        not_exhaustive_category_ids=[],
    )  # fmt: skip
    corners = [2, 25, 12, 25, 12, 35, 2, 35]
    box = dict(
        id=1, image_id=1, category_id=3, bbox=[2, 25, 10, 10], area=100,
        segmentation=[corners],
    )  # fmt: skip
    content = dict(
        images=[image],
        annotations=[box],
        categories=[dict(id=3, name='cup', frequency='f')],
    )
    file = tmp_path / 'lvis.json'
    file.write_text(json.dumps(content))
    size = (40, 20) if is_turned else (20, 40)
    mask = torch.zeros((1, *size), dtype=torch.bool)
    mask[0, 25:35, 2:12] = True
    found = InstanceData(
        bboxes=torch.tensor([[2.0, 25, 12, 35]]), scores=torch.ones(1),
        labels=torch.zeros(1, dtype=torch.int64), masks=mask,
    )  # fmt: skip
    sample = dict(img_id=1, ori_shape=size, pred_instances=found)
    options = dict(ann_file=file, fixed_ap=fixed_ap, metric=['bbox', 'segm'])
    figures = run_metric([sample], **options)
    start = 'lvis_fixed_ap/' if fixed_ap else 'lvis/bbox_'
    segm = start.replace('bbox_', '') + 'segm_AP'
    expected = 1.0 if is_turned else 0.0
    assert [figures[f'{start}AP'], figures[segm]] == pytest.approx([expected] * 2)

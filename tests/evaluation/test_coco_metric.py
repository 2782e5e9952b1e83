"""CocoMetric: mmdet's figures on sound files, and figures on all others."""

import json
import logging
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from mmdet.evaluation import CocoMetric as MMDetCocoMetric
from mmdet.registry import METRICS

from glipv2.evaluation import CocoMetric

HEIGHT, WIDTH = 64, 80
CLASSES = ('cat', 'dog', 'fox')
MASKED = ['bbox', 'segm']


def square(x: float, y: float, side: float) -> list[list[float]]:
    """Draw a square."""
    return [[x, y, x + side, y, x + side, y + side, x, y + side]]


def make_truth(images: int = 3, seed: int = 0) -> dict:
    """Make a sound file of squares, one of them a crowd."""
    draw = np.random.default_rng(seed)
    content = dict(
        images=[
            dict(id=n, file_name=f'{n}.png', height=HEIGHT, width=WIDTH)
            for n in range(7, 7 + images)
        ],
        annotations=[],
        categories=[dict(id=n, name=x) for n, x in zip((3, 1, 2), CLASSES)],
    )
    for image in content['images']:
        for category in content['categories']:
            x, y, side = (int(n) for n in draw.integers((0, 0, 6), (50, 34, 30)))
            content['annotations'].append(
                dict(
                    id=len(content['annotations']) + 1,
                    image_id=image['id'],
                    category_id=category['id'],
                    bbox=[x, y, side, side],
                    area=side * side,
                    iscrowd=0,
                    segmentation=square(x, y, side),
                )
            )
    return content


def predictions(content: dict, noise: float = 0.0, keep: float = 1.0) -> list[dict]:
    """Predict what is there, more or less."""
    draw = np.random.default_rng(1)
    labels = {x['id']: label for label, x in enumerate(content['categories'])}
    samples = []
    for image in content['images']:
        own = [x for x in content['annotations'] if x['image_id'] == image['id']]
        own = [x for x in own if draw.random() < keep]
        boxes = np.array([x['bbox'] for x in own], float).reshape(-1, 4)
        boxes += noise * draw.normal(size=boxes.shape)
        boxes[:, 2:] += boxes[:, :2]
        masks = np.zeros((len(own), HEIGHT, WIDTH), bool)
        for mask, (x1, y1, x2, y2) in zip(masks, boxes.round().astype(int)):
            mask[max(y1, 0) : y2, max(x1, 0) : x2] = True
        found = dict(
            bboxes=torch.tensor(boxes, dtype=torch.float32),
            scores=torch.tensor(draw.random(len(own)).round(1)),
            labels=torch.tensor([labels[x['category_id']] for x in own]).long(),
            masks=torch.from_numpy(masks),
        )
        shape = (image.get('height') or HEIGHT, image.get('width') or WIDTH)
        samples.append(dict(img_id=image['id'], ori_shape=shape, pred_instances=found))
    return samples


def figures_of(metric: MMDetCocoMetric, samples: list[dict]) -> dict[str, float]:
    """Run a metric as the evaluator does."""
    metric.dataset_meta = dict(classes=CLASSES)
    metric.process({}, deepcopy(samples))
    return metric.evaluate(len(samples))


def write(folder: Path, content: dict) -> str:
    """Write the file."""
    file = folder / 'truth.json'
    file.write_text(json.dumps(content))
    return str(file)


@pytest.mark.parametrize(
    'options',
    [
        dict(metric=MASKED, classwise=True),
        dict(metric='proposal'),
        dict(metric=['bbox', 'segm'], metric_items=['mAP_50', 'AR@100']),
        dict(metric='segm', iou_thrs=np.array([0.5, 0.75]), proposal_nums=(1, 2, 9)),
        dict(sort_categories=True, classwise=True),
    ],
)
def test_sound_files_have_the_figures_of_mmdet(tmp_path: Path, options: dict) -> None:
    content = make_truth(6)
    content['annotations'][4]['iscrowd'] = 1
    file = write(tmp_path, content)
    if options.get('sort_categories'):
        content['categories'].sort(key=lambda category: category['id'])
    samples = predictions(content, noise=1.5, keep=0.8)
    theirs = figures_of(MMDetCocoMetric(file, **options), samples)
    ours = figures_of(CocoMetric(file, **options), samples)
    assert list(ours) == list(theirs)
    np.testing.assert_array_equal(list(ours.values()), list(theirs.values()))
    assert 0 < max(value for value in ours.values() if value == value) < 1


def test_fast_recalls_of_any_number_of_boxes(tmp_path: Path) -> None:
    file, options = write(tmp_path, make_truth()), dict(metric='proposal_fast')
    even = predictions(make_truth(), noise=1.5)  # the only ones that mmdet can do
    theirs = figures_of(MMDetCocoMetric(file, **options), even)
    assert figures_of(CocoMetric(file, **options), even[::-1]) == pytest.approx(theirs)
    assert 0 < theirs['coco/AR@100'] < 1
    odd = predictions(make_truth(), keep=0.7)[:2]
    found = sum(len(sample['pred_instances']['labels']) for sample in odd)
    figures = figures_of(CocoMetric(file, iou_thrs=[0.5, 0.9], **options), odd)
    assert figures['coco/AR@100'] == pytest.approx(found / 9)


def test_it_takes_the_place_of_mmdets() -> None:
    assert METRICS.get('CocoMetric') is CocoMetric
    assert METRICS.get('mmdet.CocoMetric') is CocoMetric


def test_without_a_file_the_samples_are_the_truth(tmp_path: Path) -> None:
    content = make_truth()
    samples = predictions(content, noise=1.0)
    for sample in samples:
        sample['instances'] = [
            dict(
                bbox=[*x['bbox'][:2], *np.add(x['bbox'][:2], x['bbox'][2:]).tolist()],
                bbox_label=[y['id'] for y in content['categories']].index(
                    x['category_id']
                ),
                ignore_flag=0,
                mask=x['segmentation'],
            )
            for x in content['annotations']
            if x['image_id'] == sample['img_id']
        ]
    theirs = figures_of(MMDetCocoMetric(metric=MASKED), samples)
    ours = CocoMetric(metric=MASKED, outfile_prefix=str(tmp_path / 'out'))
    for _ in range(2):  # the truth is not kept
        assert figures_of(ours, samples) == theirs
    assert json.loads((tmp_path / 'out.bbox.json').read_text())
    for sample in samples:
        sample['instances'] = []
    assert set(figures_of(ours, samples).values()) == {-1.0}


IDS: dict[str, Callable[[int], object]] = dict(
    from_zero=lambda number: number - 1,
    text=lambda number: f'a-{number:02}',
    digits=lambda number: f'{number}',
    floats=float,
    mixed=lambda number: number if number % 2 else f'x{number}',
)


@pytest.mark.parametrize('kind', IDS)
@pytest.mark.parametrize('part', ['annotations', 'images', 'categories'])
def test_perfect_predictions_have_ap_1_whatever_the_ids(
    tmp_path: Path, kind: str, part: str
) -> None:
    content, make_id = make_truth(), IDS[kind]
    key = dict(images='image_id', categories='category_id').get(part)
    new = {x['id']: make_id(number) for number, x in enumerate(content[part], 1)}
    for entry in content[part]:
        entry['id'] = new[entry['id']]
    for entry in content['annotations'] if key else ():
        entry[key] = new[entry[key]]
    prefix = str(tmp_path / 'out')
    metric = CocoMetric(
        write(tmp_path, content), metric=MASKED, outfile_prefix=prefix, classwise=True
    )
    figures = figures_of(metric, predictions(content))
    assert figures['coco/bbox_mAP'] == figures['coco/segm_mAP'] == 1.0
    assert figures['coco/cat_precision'] == 1.0
    if key:
        written = json.loads(Path(f'{prefix}.segm.json').read_text())
        assert {x[key] for x in written} == set(new.values())


def test_references_of_another_type_and_duplicate_ids(tmp_path: Path) -> None:
    content = make_truth()
    samples = predictions(content)
    for entry in content['annotations']:
        entry.update(
            id=5,
            image_id=str(entry['image_id']),
            category_id=float(entry['category_id']),
        )
    assert figures_of(CocoMetric(write(tmp_path, content)), samples)[
        'coco/bbox_mAP'
    ] == pytest.approx(1)


@pytest.mark.parametrize(
    'metric', [['bbox'], ['segm'], ['proposal'], ['proposal_fast'], MASKED]
)
def test_nothing_found_is_0(tmp_path: Path, metric: list[str]) -> None:
    content = make_truth()
    file, samples = write(tmp_path, content), predictions(content)
    full = figures_of(CocoMetric(file, metric=metric, classwise=True), samples)
    for sample in samples:
        found = sample['pred_instances']
        sample['pred_instances'] = {k: v[:0] for k, v in found.items() if k != 'masks'}
    empty = figures_of(CocoMetric(file, metric=metric, classwise=True), samples)
    assert list(empty) == list(full)
    # -1: there are no objects of that size.
    assert {v for k, v in empty.items() if full[k] != -1} == {0.0}
    assert list(figures_of(CocoMetric(file, metric=metric, classwise=True), [])) == [
        *full
    ]


def test_nothing_to_find_is_minus_1(tmp_path: Path) -> None:
    content = make_truth()
    samples = predictions(content)
    for entry in content['annotations']:
        entry['iscrowd'] = 1
    for annotations in (content['annotations'], []):
        file = write(tmp_path, dict(content, annotations=annotations))
        metric = CocoMetric(file, metric=[*MASKED, 'proposal_fast'], classwise=True)
        figures = figures_of(metric, samples)
        assert {'coco/bbox_mAP', 'coco/dog_precision', 'coco/AR@100'} < {*figures}
        assert {*figures.values()} == {-1.0}
        assert {*figures_of(metric, []).values()} == {-1.0}


@pytest.mark.parametrize(
    'mask',
    [
        [], None, [[]], {}, [[35, 5, 55, 25]], [float('nan')] * 6,
        [[1e9, 5, 15, 5, 15, 15]], dict(size=[HEIGHT, WIDTH], counts='###'), 'x',
        'absent',
    ],
)  # fmt: skip
def test_segm_ignores_objects_without_a_mask(
    tmp_path: Path, mask: object, caplog: pytest.LogCaptureFixture
) -> None:
    content = make_truth()
    samples = predictions(content)
    content['annotations'][0]['segmentation'] = mask
    if mask == 'absent':
        del content['annotations'][0]['segmentation']
    with caplog.at_level(logging.INFO):
        metric = CocoMetric(write(tmp_path, content), metric=MASKED, classwise=True)
        figures = figures_of(metric, samples)
    assert figures['coco/segm_mAP'] == figures['coco/bbox_mAP'] == 1
    # Nor is it missed.
    found = samples[0]['pred_instances']
    samples[0]['pred_instances'] = {key: value[1:] for key, value in found.items()}
    figures = figures_of(metric, samples)
    assert figures['coco/segm_mAP'] == 1 > figures['coco/bbox_mAP']


def test_masks_need_no_sizes_in_the_file(tmp_path: Path) -> None:
    content = make_truth()
    samples = predictions(content)
    for image in content['images']:
        del image['height'], image['width']
    figures = figures_of(CocoMetric(write(tmp_path, content), metric='segm'), samples)
    assert figures['coco/segm_mAP'] == 1


def test_flat_polygons_and_lvis_files(tmp_path: Path) -> None:
    content = make_truth()
    samples = predictions(content)
    for entry in content['annotations']:
        entry['segmentation'] = [str(x) for x in entry['segmentation'][0]]
        del entry['iscrowd'], entry['area']
    figures = figures_of(CocoMetric(write(tmp_path, content), metric=MASKED), samples)
    assert figures['coco/segm_mAP'] == figures['coco/bbox_mAP'] == 1


def test_boxes_that_data_sets_leave_out_are_left_out(tmp_path: Path) -> None:
    content = make_truth()
    samples = predictions(content)
    outside, huge = [500, 500, 5, 5], [5, 5, 1e300, 9]
    for box in ([1, 1, 0, 5], [float('nan')] * 4, None, outside, ['x'] * 4, huge):
        bad = dict(content['annotations'][0], id=99, bbox=box)
        content['annotations'].append(bad)
    figures = figures_of(CocoMetric(write(tmp_path, content)), samples)
    assert figures['coco/bbox_mAP'] == 1


@pytest.mark.parametrize('is_turned', [True, False])
def test_boxes_that_fit_only_the_turned_image(tmp_path: Path, is_turned: bool) -> None:
    content = make_truth()
    # As displayed, by a writer that noted the size before EXIF's turn.
    content['annotations'][0].update(bbox=[5, HEIGHT + 1, 9, 9], area=81)
    samples = predictions(content)
    if is_turned:
        samples[0]['ori_shape'] = (WIDTH, HEIGHT)
    else:  # the data set leaves it out
        found = samples[0]['pred_instances']
        samples[0]['pred_instances'] = {key: own[1:] for key, own in found.items()}
    metric = CocoMetric(write(tmp_path, content), classwise=True)
    for _ in range(2):
        figures = figures_of(metric, samples)
        assert figures['coco/bbox_mAP'] == 1
    samples[0]['pred_instances'] = predictions(content)[1]['pred_instances']
    assert figures_of(metric, samples)['coco/bbox_mAP'] < 1


def test_format_only_and_files_that_cannot_be_used(tmp_path: Path) -> None:
    content = make_truth()
    file, prefix = write(tmp_path, content), str(tmp_path / 'out')
    with pytest.raises(ValueError, match='outfile_prefix'):
        CocoMetric(file, format_only=True)
    metric = CocoMetric(file, format_only=True, outfile_prefix=prefix)
    assert figures_of(metric, predictions(content)) == {}
    assert len(json.loads(Path(f'{prefix}.bbox.json').read_text())) == 9
    assert figures_of(metric, []) == {}
    assert json.loads(Path(f'{prefix}.bbox.json').read_text()) == []
    del content['annotations'][2]['bbox']
    with pytest.raises(ValueError, match=r'truth\.json: 7\.png, annotation 3: lacks'):
        CocoMetric(write(tmp_path, content))
    content = make_truth()
    found = predictions(content)
    for sample in found:
        del sample['pred_instances']['masks']
    with pytest.raises(ValueError, match='image 7 has no predicted masks'):
        figures_of(CocoMetric(write(tmp_path, content), metric='segm'), found)

"""COCO files: class order, checks at load, and agreement with mmdet's metric."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmdet.registry import DATASETS
from mmengine.dataset import DefaultSampler, pseudo_collate
from mmengine.registry import DefaultScope
from torch.utils.data import DataLoader

from glipv2.datasets import CocoTextDataset
from glipv2.evaluation import CocoMetric

# Not in the order of the ids, and 'hot dog' before 'dog'.
CATEGORIES = [
    {'id': 30, 'name': 'hot dog'},
    {'id': 10, 'name': 'dog'},
    {'id': 20, 'name': 'Bow_(weapon)'},
]
BOXES = [
    # annotation id, image id, category id, box
    (1, 5, 10, [2, 2, 20, 10]),
    (2, 5, 30, [30, 5, 12, 20]),
    (3, 6, 20, [4, 8, 30, 25]),
    (4, 6, 10, [10, 1, 15, 15]),
]
CLASSES = ('dog', 'hot dog', 'Bow_(weapon)')
NAME_OF_BOX = {1: 'dog', 2: 'hot dog', 3: 'Bow_(weapon)', 4: 'dog'}


@pytest.fixture(autouse=True)
def scope() -> Iterator[None]:
    with DefaultScope.overwrite_default_scope('mmdet'):
        yield


def coco_content() -> dict:
    return {
        'images': [
            {'id': image, 'file_name': f'{image}.png', 'height': 40, 'width': 50}
            for image in (5, 6, 7)
        ],
        'annotations': [
            {
                'id': own,
                'image_id': image,
                'category_id': category,
                'bbox': box,
                'area': box[2] * box[3],
                'iscrowd': 0,
            }
            for own, image, category, box in BOXES
        ],
        'categories': [dict(category) for category in CATEGORIES],
    }


def write(folder: Path, content: object) -> str:
    file = folder / 'instances.json'
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(file)


def load(folder: Path, content: object | None = None, **kwargs) -> CocoTextDataset:
    kwargs.setdefault('pipeline', [])
    kwargs.setdefault('data_prefix', {'img': str(folder)})
    file = write(folder, coco_content() if content is None else content)
    return CocoTextDataset(ann_file=file, **kwargs)


def names_of_boxes(dataset: CocoTextDataset) -> dict[tuple, str]:
    """Read each loaded box's name from its sample's own text."""
    return {
        tuple(instance['bbox']): info['text'][instance['bbox_label']]
        for info in dataset
        for instance in info['instances']
    }


def expected_names(wanted: set[str]) -> dict[tuple, str]:
    return {
        (x, y, x + w, y + h): NAME_OF_BOX[own]
        for own, _, _, (x, y, w, h) in BOXES
        if NAME_OF_BOX[own] in wanted
    }


def test_class_names_come_from_the_file(tmp_path: Path) -> None:
    dataset = load(tmp_path)
    assert dataset.metainfo['classes'] == ('hot dog', 'dog', 'Bow_(weapon)')
    assert names_of_boxes(dataset) == expected_names(set(CLASSES))
    info = dataset[0]
    assert info['text'] == ('hot dog', 'dog', 'Bow_(weapon)')
    assert info['custom_entities'] is True
    assert 'caption_prompt' not in info


@pytest.mark.parametrize(
    'classes',
    [
        ['dog', 'hot dog', 'Bow_(weapon)'],
        ('Bow_(weapon)', 'dog', 'hot dog'),
        ['hot dog', 'dog', 'Bow_(weapon)'],
    ],
)
def test_labels_and_metric_agree_for_any_order_of_classes(
    tmp_path: Path, classes: object
) -> None:
    palette = {'dog': (1, 0, 0), 'hot dog': (2, 0, 0), 'Bow_(weapon)': (3, 0, 0)}
    metainfo = {'classes': classes, 'palette': [palette[name] for name in classes]}
    dataset = load(tmp_path, metainfo=metainfo, test_mode=True)
    assert names_of_boxes(dataset) == expected_names(set(CLASSES))
    meta = dataset.metainfo
    assert [palette[name] for name in meta['classes']] == meta['palette']

    metric = CocoMetric(ann_file=dataset.ann_file, metric='bbox', classwise=True)
    metric.dataset_meta = meta
    for info in dataset:
        boxes = [instance['bbox'] for instance in info['instances']]
        # What a perfect detector that is asked by name would say.
        names = [names_of_boxes(dataset)[tuple(box)] for box in boxes]
        labels = [info['text'].index(name) for name in names]
        metric.process(
            {},
            [
                {
                    'img_id': info['img_id'],
                    'ori_shape': (40, 50),
                    'pred_instances': {
                        'bboxes': torch.tensor(boxes).reshape(-1, 4),
                        'scores': torch.ones(len(boxes)),
                        'labels': torch.tensor(labels, dtype=torch.long),
                    },
                }
            ],
        )
    figures = metric.evaluate(len(dataset))
    assert figures['coco/bbox_mAP'] == 1.0
    for name in ('dog', 'hot dog', 'Bow_(weapon)'):
        assert figures[f'coco/{name}_precision'] == 1.0


def test_subset_of_classes(tmp_path: Path) -> None:
    metainfo = {'classes': ['Bow_(weapon)', 'hot dog']}
    with pytest.raises(ValueError, match=r"2 annotations .* lacks: 'dog' \(2\)"):
        load(tmp_path, metainfo=metainfo)
    dataset = load(tmp_path, metainfo=metainfo, allow_partial=True)
    assert dataset.metainfo['classes'] == ('hot dog', 'Bow_(weapon)')
    assert names_of_boxes(dataset) == expected_names({'hot dog', 'Bow_(weapon)'})
    # A class without annotations may be missing.
    content = coco_content()
    content['categories'].append({'id': 99, 'name': 'unused'})
    assert len(load(tmp_path, content, metainfo={'classes': list(CLASSES)})) == 3


def test_lazy_datasets_know_their_classes(tmp_path: Path) -> None:
    dataset = load(tmp_path, lazy_init=True, metainfo={'classes': list(CLASSES)})
    assert not dataset._fully_initialized
    assert dataset.metainfo['classes'] == ('hot dog', 'dog', 'Bow_(weapon)')
    dataset.full_init()
    assert names_of_boxes(dataset) == expected_names(set(CLASSES))
    without = load(tmp_path, lazy_init=True)
    assert without.metainfo['classes'] == ('hot dog', 'dog', 'Bow_(weapon)')
    nowhere = CocoTextDataset(ann_file=str(tmp_path / 'no.json'), lazy_init=True)
    assert 'classes' not in nowhere.metainfo
    with pytest.raises(FileNotFoundError, match=r'no\.json'):
        nowhere.full_init()


def test_filter_caption_prompt_and_registry(tmp_path: Path) -> None:
    wording = {'dog': {'suffix': ' that barks'}}
    write(tmp_path, coco_content())
    dataset = DATASETS.build(
        {
            'type': 'CocoTextDataset',
            'data_root': str(tmp_path),
            'ann_file': 'instances.json',
            'data_prefix': {'img': ''},
            'filter_cfg': {'filter_empty_gt': True, 'min_size': 1},
            'caption_prompt': wording,
            'return_classes': True,
        }
    )
    assert [dataset.get_data_info(i)['img_id'] for i in range(len(dataset))] == [5, 6]
    assert dataset[1]['caption_prompt'] == wording
    assert dataset.get_subset([1])[0]['text'] == dataset.metainfo['classes']
    assert dataset.get_cat_ids(0) == [1, 0]
    whole = load(tmp_path, test_mode=True, filter_cfg={'filter_empty_gt': True})
    assert len(whole) == 3
    assert 'text' not in load(tmp_path, return_classes=False)[0]


def test_entries_do_not_store_the_names(tmp_path: Path) -> None:
    dataset = load(tmp_path, serialize_data=False)
    assert all('text' not in entry for entry in dataset.data_list)


@pytest.mark.parametrize(
    ('classes', 'message'),
    [
        (['dog', 'hotdog'], r"lacks: 'hotdog' \(near: \['hot dog'"),
        (['dog', 'xyzzy'], "lacks: 'xyzzy'$"),
        (['dog', 'dog'], r"\['dog'\] more than once"),
        ([], 'metainfo.classes is empty'),
        ('dog', r"a single class is \('dog',\)"),
    ],
)
def test_wrong_class_lists_are_named(
    tmp_path: Path, classes: object, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        load(tmp_path, metainfo={'classes': classes})


def test_wrong_files_are_named(tmp_path: Path) -> None:
    content = coco_content()
    content['annotations'][2]['category_id'] = 77
    with pytest.raises(ValueError, match='6.png, annotation 3: no .* has the id 77'):
        load(tmp_path, content)

    content = coco_content()
    del content['annotations'][1]['bbox']
    message = r"5.png, annotation 2: lacks the fields \['bbox'\]"
    with pytest.raises(ValueError, match=message):
        load(tmp_path, content)

    content = coco_content()
    content['categories'][1]['name'] = 'hot dog'
    with pytest.raises(ValueError, match=r"same name: \['hot dog'\]"):
        load(tmp_path, content)

    content = coco_content()
    content['categories'][1]['name'] = ' '
    with pytest.raises(ValueError, match='category 10 has no name'):
        load(tmp_path, content)

    content = coco_content()
    content['categories'] = []
    with pytest.raises(ValueError, match='has no categories'):
        load(tmp_path, content)
    with pytest.raises(ValueError, match=r"\['annotations', 'categories'\] are miss"):
        load(tmp_path, {'images': []})
    with pytest.raises(ValueError, match=r'instances\.json is not valid JSON'):
        load(tmp_path, '{"images": [')


@pytest.mark.parametrize(
    'box',
    [
        [float('nan'), 1, 5, 5],
        [1, 1, float('inf'), 5],
        [None, 1, 5, 5],
        [9, 9, -4, 5],
        [9, 9, 4, 0],
        [1, 2, 3],
        'box',
    ],
)
def test_bad_boxes(
    tmp_path: Path, box: object, caplog: pytest.LogCaptureFixture
) -> None:
    content = coco_content()
    content['annotations'][2]['bbox'] = box
    with pytest.raises(ValueError, match=r'6\.png, annotation 3: bbox'):
        load(tmp_path, content)
    with caplog.at_level(logging.WARNING):
        dataset = load(tmp_path, content, on_bad='skip')
    assert dataset.num_skipped == 1
    expected = expected_names({'dog', 'hot dog'})
    assert names_of_boxes(dataset) == expected
    with pytest.raises(ValueError, match='on_bad must be one of'):
        load(tmp_path, content, on_bad='ignore')


def test_an_image_whose_only_box_is_dropped_counts_as_empty(tmp_path: Path) -> None:
    content = coco_content()
    content['annotations'][0]['bbox'] = [0, 0, 0, 0]
    content['annotations'][1]['bbox'] = [0, 0, 0, 0]
    options = {'on_bad': 'skip', 'filter_cfg': {'filter_empty_gt': True}}
    dataset = load(tmp_path, content, **options)
    assert [info['img_id'] for info in dataset] == [6]


@pytest.mark.parametrize(
    ('mask', 'message'),
    [
        ([[float('nan'), 1, 9, 1, 9, 9]], 'a number that is not finite'),
        ([4, 8, 34, 8, 34], 'a polygon of 5 numbers'),
        ([[1, 1, 3, 1, 3, 3]], r'lies at \[1.0, .*its box is \[4'),
        ({'size': [9, 9], 'counts': [81]}, r'an RLE of \[9, 9\]'),
    ],
)
def test_bad_masks_stop_the_loading(tmp_path: Path, mask: object, message: str) -> None:
    content = coco_content()
    content['annotations'][2]['segmentation'] = mask
    content['annotations'][3]['segmentation'] = []
    load(tmp_path, content)  # nobody reads masks
    place = r'instances\.json: 6\.png, annotation 3: the mask .*'
    with pytest.raises(ValueError, match=place + message):
        load(tmp_path, content, pipeline=[{'type': 'LoadTextMasks'}])
    skips = {'type': 'LoadTextMasks', 'on_bad': 'skip'}
    assert len(load(tmp_path, content, pipeline=[skips])) == 3


def make_images(folder: Path) -> None:
    for image in (5, 6, 7):
        pixels = np.full((40, 50, 3), image * 10, dtype=np.uint8)
        cv2.imwrite(str(folder / f'{image}.png'), pixels)


PIPELINE = [
    {'type': 'LoadImage', 'on_bad': 'skip'},
    {'type': 'LoadAnnotations', 'with_bbox': True},
    {'type': 'RandomFlip', 'prob': 1.0},
    {'type': 'SampleDetectionPrompt', 'tokenizer': 'bert-base-uncased'},
    {'type': 'PackTextDetInputs'},
]


def test_whole_pipeline_through_a_loader(tmp_path: Path) -> None:
    make_images(tmp_path)
    dataset = load(tmp_path, pipeline=PIPELINE)
    np.random.seed(0)
    loader = DataLoader(
        dataset,
        batch_size=3,
        sampler=DefaultSampler(dataset, shuffle=True, seed=0),
        collate_fn=pseudo_collate,
    )
    orders = set()
    for _ in range(10):
        (batch,) = list(loader)
        seen = {}
        for image, sample in zip(batch['inputs'], batch['data_samples'], strict=True):
            assert image.shape == (3, 40, 50)
            assert sample.custom_entities is True
            orders.add(sample.text)
            labels = sample.gt_instances.labels.tolist()
            for box, label in zip(
                sample.gt_instances.bboxes.tensor.tolist(), labels, strict=True
            ):
                x1, y1, x2, y2 = box
                seen[(50 - x2, y1, 50 - x1, y2)] = sample.text[label]
        assert seen == expected_names(set(CLASSES))
    assert len(orders) > 5


def test_a_broken_image_is_replaced_by_another(tmp_path: Path) -> None:
    make_images(tmp_path)
    broken = tmp_path / '6.png'
    broken.write_bytes(broken.read_bytes()[:-20])
    np.random.seed(0)
    dataset = load(tmp_path, pipeline=PIPELINE)
    assert dataset[1]['data_samples'].img_id in (5, 7)
    assert dataset.pipeline.transforms[0].num_skipped >= 1
    strict = load(tmp_path, pipeline=[{'type': 'LoadImage'}, *PIPELINE[1:]])
    with pytest.raises(OSError, match=r'6\.png is truncated'):
        strict[1]

"""Captions of EmojiScenes and the files that carry them."""

import json
from pathlib import Path

import numpy as np
import pytest
from mmdet.datasets import ODVGDataset
from mmdet.datasets.flickr30k import Flickr30kDataset
from mmdet.registry import DATASETS
from mmengine.config import Config
from pycocotools.coco import COCO

from glipv2.datasets import StreamingODVGDataset
from glipv2.demo_data.captions import captions_of
from glipv2.demo_data.categories import category_id
from glipv2.demo_data.wording import counted
from tests.forked import run_well

ROOT = Path(__file__).parents[2]
CONVERTERS = ROOT / 'tools' / 'dataset_converters'


@pytest.fixture(scope='module')
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a small data set once."""
    out = tmp_path_factory.mktemp('captions') / 'out'
    run_well([
        CONVERTERS / 'make_emoji_scenes.py', out, '--train', '30',
        '--val', '2', '--val-unseen', '2', '--size', '96', '--jobs', '1',
        '--object-size', '16', '40', '--formats', 'coco', 'odvg', 'flickr',
    ])  # fmt: skip
    return out


@pytest.mark.parametrize(
    ('name', 'count', 'words'),
    [
        ('red apple', 1, 'a red apple'),
        ('red apple', 2, 'two red apples'),
        ('alarm clock', 1, 'an alarm clock'),
        ('unicorn face', 1, 'a unicorn face'),
        ('grapes', 1, 'some grapes'),
        ('grapes', 3, 'three grapes'),
        ('bus', 2, 'two buses'),
        ('octopus', 1, 'an octopus'),
        ('gift box', 4, 'four gift boxes'),
        ('strawberry', 2, 'two strawberries'),
        ('key', 2, 'two keys'),
        ('face with open mouth', 2, 'two faces with open mouth'),
    ],
)
def test_wording(name: str, count: int, words: str) -> None:
    assert counted(name, count) == words


def object_at(name: str, left: int, top: int) -> dict:
    """Describe an object of 20 pixels."""
    return dict(category_id=category_id(name), bbox=[left, top, 20, 20])


def test_relations_are_true_and_said_of_single_objects_only() -> None:
    objects = [
        object_at('red apple', 0, 40),
        object_at('dog face', 70, 40),
        object_at('key', 40, 0),
        object_at('key', 10, 78),
    ]
    rng = np.random.default_rng(0)
    texts = {c.text for _ in range(20) for c in captions_of(rng, objects, 100)}
    related = {text for text in texts if ' of a dog' in text or ' of a red' in text}
    said = {text for text in related if not text.startswith(('there', 'an image'))}
    assert said == {
        'a red apple to the left of a dog face',
        'a dog face to the right of a red apple',
    }
    assert all('keys' in text for text in texts - said)
    assert not any('two keys to' in text or 'two keys above' in text for text in texts)


def test_phrases_stand_for_all_objects_of_their_kind(scenes: Path) -> None:
    coco = COCO(scenes / 'annotations' / 'instances_train.json')
    names = {number: entry['name'] for number, entry in coco.cats.items()}
    lines = (scenes / 'annotations' / 'odvg_train_vg.jsonl').read_text().splitlines()
    by_file = {image['file_name']: number for number, image in coco.imgs.items()}
    assert len(lines) == 5 * len(coco.imgs)
    plural = 0
    for record in map(json.loads, lines):
        of_image = coco.imgToAnns[by_file[record['filename']]]
        caption = record['grounding']['caption']
        for region in record['grounding']['regions']:
            (start, end), boxes = region['tokens_positive'][0], region['bbox']
            assert caption[start:end] == region['phrase']
            expected = [
                [left, top, left + width, top + height]
                for annotation in of_image
                for left, top, width, height in [annotation['bbox']]
                if counted(names[annotation['category_id']], len(boxes))
                == region['phrase']
            ]
            assert boxes == expected
            plural += len(boxes) > 1
    assert plural


@pytest.mark.parametrize('kind', ['od', 'vg'])
def test_mmdets_reader_and_ours_read_the_lines(scenes: Path, kind: str) -> None:
    label_map = {'od': 'annotations/odvg_train_label_map.json', 'vg': None}[kind]
    options = dict(
        data_root=str(scenes), ann_file=f'annotations/odvg_train_{kind}.jsonl',
        label_map_file=label_map, data_prefix=dict(img='train/'),
    )  # fmt: skip
    theirs = ODVGDataset(**options, return_classes=True, pipeline=[])
    ours = StreamingODVGDataset(**options, pipeline=[])
    assert len(theirs) == len(ours) == {'od': 30, 'vg': 150}[kind]
    for index in range(len(ours)):
        a, b = ours.get_data_info(index), theirs.get_data_info(index)
        assert Path(a['img_path']).is_file()
        assert a['text'] == b['text']
        assert [x['bbox'] for x in a['instances']] == [
            x['bbox'] for x in b['instances']
        ]


def test_mmdets_flickr_reader_reads_the_captions(scenes: Path) -> None:
    dataset = Flickr30kDataset(
        data_root=str(scenes), ann_file='annotations/flickr_val.json',
        data_prefix=dict(img='val/'), test_mode=True, pipeline=[],
    )  # fmt: skip
    assert len(dataset) == 2
    for info in dataset:
        assert len(info['instances']) == len(info['phrase_ids'])
        assert set(info['phrase_ids']) == set(range(len(info['phrases'])))
        for phrase, [(start, end)] in zip(info['phrases'], info['tokens_positive']):
            assert info['text'][start:end] == phrase


def test_boxes_of_the_configs_phrases_are_labelled_by_phrase(scenes: Path) -> None:
    config = Config.fromfile(ROOT / 'configs' / '_base_' / 'datasets' / 'emoji_sets.py')
    pipeline = [*config.box_test_pipeline[:-1], config.pack_phrases]
    dataset = DATASETS.build(
        dict(config.emoji_val.phrases, data_root=str(scenes), pipeline=pipeline)
    )
    for packed in dataset:
        sample = packed['data_samples']
        assert sample.gt_instances.label_names == [
            sample.phrases[number] for number in sample.phrase_ids
        ]

"""EmojiScenes' descriptions: true by the COCO file alone, and read as D3's are."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mmengine.structures import InstanceData
from pycocotools.coco import COCO
from torch import tensor

from glipv2.datasets import DescribedDataset
from glipv2.demo_data.descriptions import ASKED, descriptions_of
from glipv2.demo_data.sheet import sheet_names
from glipv2.evaluation import DescriptionMetric

ROOT = Path(__file__).parents[2]
SPLITS = ('val', 'val_unseen')
APART, LARGER = 0.15, 1.3
AXES = dict(left=(0, -1), right=(0, 1), above=(1, -1), below=(1, 1))
COLOURS = ('red', 'green', 'yellow', 'blue', 'purple')
ARTICLE = re.compile(r'^(an?|some) ')
FORMS = {
    'size': re.compile(r'the (?P<size>largest|smallest) (?P<noun>.+)'),
    'edge': re.compile(r'a thing without anything (?P<side>to its left|to its right|'
                       r'above it|below it)'),
    'other': re.compile(r'an? (?P<noun>\w+) that is not (?P<other>.+)'),
    'free': re.compile(r'(?P<first>.+) without (?P<second>.+) (?P<side>to its left|'
                       r'to its right|above it|below it)'),
    'beside': re.compile(r'(?P<first>.+) (?P<side>to the left of|to the right of|'
                         r'above|below) (?P<second>.+)'),
}  # fmt: skip


def make(out: Path, *options: object) -> Path:
    """Make a small data set."""
    command = [
        sys.executable, ROOT / 'tools/dataset_converters/make_emoji_scenes.py', out,
        '--train', 2, '--size', 96, '--jobs', 1, '--object-size', 16, 40, *options,
    ]  # fmt: skip
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return out


@pytest.fixture(scope='module')
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a data set once."""
    out = tmp_path_factory.mktemp('descriptions') / 'out'
    formats = ('--formats', 'coco', 'vqa', 'captions', 'descriptions')
    return make(out, '--val', 60, '--val-unseen', 40, *formats)


class Truth:
    """An image's objects as its COCO file says, to find described ones among."""

    def __init__(self, coco: COCO, image_id: int) -> None:
        self.side = coco.imgs[image_id]['width']
        self.things = [
            (coco.cats[x['category_id']]['name'], x['bbox'], x['area'])
            for x in coco.imgToAnns[image_id]
        ]

    def named(self, words: str) -> list[int]:
        name = ARTICLE.sub('', words)
        return [i for i, thing in enumerate(self.things) if thing[0] == name]

    def middle(self, index: int) -> np.ndarray:
        left, top, width, height = self.things[index][1]
        return np.array([left + width / 2, top + height / 2]) / self.side

    def is_beside(self, first: int, second: int, side: str) -> bool | None:
        """Tell whether a thing is on a side of another; None: nobody can say."""
        [words] = [word for word in AXES if word in side]
        axis, sign = AXES[words]
        way = sign * (self.middle(first) - self.middle(second))
        if way[axis] > APART and way[axis] > abs(way[1 - axis]):
            return True
        return False if way[axis] < 0 else None

    def find(self, text: str) -> list[int]:
        """Find what a description fits; it has to be clear."""
        kind, parts = next(
            (kind, found.groupdict())
            for kind, form in FORMS.items()
            if (found := form.fullmatch(text))
        )
        return getattr(self, f'find_{kind}')(**parts)

    def find_beside(self, first: str, side: str, second: str) -> list[int]:
        here, there = self.named(first), self.named(second)
        if not here or not there:
            return []
        assert len(here) == len(there) == 1
        answer = self.is_beside(*here, *there, side)
        assert answer is not None
        return here if answer else []

    def find_free(self, first: str, second: str, side: str) -> list[int]:
        here, there = self.named(first), self.named(second)
        if not here:
            return []
        assert len(here) == 1
        if not there:
            return here
        assert len(there) == 1
        # Seen from the second, the first is on the other side.
        opposite = dict(left='right', right='left', above='below', below='above')
        [word] = [word for word in AXES if word in side]
        answer = self.is_beside(*here, *there, opposite[word])
        assert answer is not None
        return [] if answer else here

    def find_size(self, size: str, noun: str) -> list[int]:
        found = [
            (thing[2], i)
            for i, thing in enumerate(self.things)
            if noun == 'thing' or thing[0] == noun or thing[0].split()[-1] == noun
        ]
        if not found:
            return []
        assert len(found) > 1
        found.sort(reverse=size == 'largest')
        one, two = sorted((found[0][0], found[1][0]))
        assert two / one >= LARGER
        return [found[0][1]]

    def find_edge(self, side: str) -> list[int]:
        [word] = [word for word in AXES if word in side]
        axis, sign = AXES[word]
        order = sorted(
            range(len(self.things)), key=lambda i: -sign * self.middle(i)[axis]
        )
        first, second = (self.middle(i)[axis] for i in order[:2])
        assert sign * (first - second) > APART
        return order[:1]

    def find_other(self, noun: str, other: str) -> list[int]:
        excluded = f'{other} {noun}' if other in COLOURS else ARTICLE.sub('', other)
        return [
            i
            for i, thing in enumerate(self.things)
            if thing[0].split()[-1] == noun and thing[0] != excluded
        ]


@pytest.mark.parametrize('split', SPLITS)
def test_descriptions_are_true(scenes: Path, split: str) -> None:
    annotations = scenes / 'annotations'
    truth = COCO(annotations / f'instances_{split}.json')
    described = COCO(annotations / f'descriptions_{split}.json')
    kinds, fitting, lacking, seen_elsewhere = set(), 0, 0, 0
    for image_id, image in described.imgs.items():
        of_image = Truth(truth, image_id)
        asked = image['sent_ids']
        assert len(asked) == len(set(asked)) > 0
        boxes = described.imgToAnns[image_id]
        assert {x['category_id'] for x in boxes} <= set(asked)
        for number in asked:
            text = described.cats[number]['name']
            expected = [of_image.things[i][1] for i in of_image.find(text)]
            found = [x['bbox'] for x in boxes if x['category_id'] == number]
            assert sorted(found) == sorted(expected), text
            is_negative = ' without ' in text or ' not ' in text
            assert described.cats[number]['is_negative'] == is_negative
            kinds.add(next(k for k, form in FORMS.items() if form.fullmatch(text)))
            fitting += bool(found)
            lacking += not found
            seen_elsewhere += not found and bool(described.catToImgs[number])
    assert kinds == {*FORMS}
    assert fitting <= ASKED * len(described.imgs)
    assert lacking > len(described.imgs)
    # AP counts what is found wrongly only where something is to find in other images.
    assert seen_elsewhere == lacking


def test_no_other_file_is_changed(tmp_path: Path) -> None:
    few = ('--val', 3, '--val-unseen', 2)
    whole = make(tmp_path / 'whole', *few)
    formats = ('coco', 'lvis', 'odvg', 'flickr', 'phrasecut', 'captions', 'vqa')
    before = make(tmp_path / 'before', *few, '--formats', *formats)
    names = {
        str(path.relative_to(whole)) for path in whole.rglob('*') if path.is_file()
    }
    ours = {f'annotations/descriptions_{split}.json' for split in SPLITS}
    assert ours < names
    for name in names - ours:
        assert (whole / name).read_bytes() == (before / name).read_bytes(), name


def test_the_data_set_asks_each_image_its_own(scenes: Path) -> None:
    file = scenes / 'annotations/descriptions_val.json'
    content = json.loads(file.read_text())
    names = {x['id']: x['name'] for x in content['categories']}
    dataset = DescribedDataset(
        ann_file=str(file), data_prefix=dict(img=str(scenes / 'val')), pipeline=[],
        test_mode=True,
    )  # fmt: skip
    judge = DescriptionMetric(ann_file=str(file))
    assert len(dataset) == len(content['images']) == 60
    for row, image in enumerate(content['images']):
        info = dataset.get_data_info(row)
        assert info['text'] == tuple(names[number] for number in image['sent_ids'])
        assert info['custom_entities']
        boxes = [x for x in content['annotations'] if x['image_id'] == image['id']]
        assert sorted(info['text'][x['bbox_label']] for x in info['instances']) == (
            sorted(names[x['category_id']] for x in boxes)
        )
        found = InstanceData(
            bboxes=tensor([x['bbox'] for x in info['instances']]).float().view(-1, 4),
            scores=tensor([0.9] * len(boxes)),
            labels=tensor([x['bbox_label'] for x in info['instances']]).long(),
        )
        judge.process({}, [dict(info, pred_instances=found)])
    figures = judge.evaluate(len(dataset))
    assert figures['description/mAP'] == pytest.approx(1)


@pytest.mark.parametrize('change', ['none', 'unknown', 'lacking'])
def test_a_file_without_questions(scenes: Path, tmp_path: Path, change: str) -> None:
    content = json.loads((scenes / 'annotations/descriptions_val.json').read_text())
    box = content['annotations'][0]
    [image] = [x for x in content['images'] if x['id'] == box['image_id']]
    ids = [number for number in image['sent_ids'] if number != box['category_id']]
    image['sent_ids'] = dict(none=[], unknown=[10**6], lacking=ids)[change]
    (tmp_path / 'x.json').write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"x\.json: image \d+ needs 'sent_ids'"):
        DescribedDataset(
            ann_file=str(tmp_path / 'x.json'), pipeline=[],
            data_prefix=dict(img=str(scenes / 'val')), test_mode=True,
        )  # fmt: skip


def test_names_of_all_emoji_can_be_described() -> None:
    """Names may hold the words of a description ("face without mouth")."""
    names = sheet_names()
    boxes = [10, 40, 10, 10], [60, 40, 20, 20], [40, 75, 5, 5]
    annotations = [
        [
            dict(
                category_id=1 + (first + step) % len(names), bbox=box, area=box[2] ** 2
            )
            for step, box in enumerate(boxes)
        ]
        for first in range(0, len(names), 3)
    ]
    asked = descriptions_of(np.random.default_rng(0), annotations, names, 96)
    assert all(0 < len(of_image) <= 2 * ASKED for of_image in asked)
    for of_image in asked:
        texts = [each.text for each in of_image]
        assert len(texts) == len(set(texts))

"""Labels are read by the readers of the formats, and need no more memory for more."""

import gc
import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch
from xml.etree import ElementTree

import pytest
import yaml
from pycocotools.coco import COCO

from glipv2.datasets import CocoTextDataset, StreamingODVGDataset
from glipv2.engine.line_journal import LineJournal
from glipv2.labels.filters import Filters
from glipv2.labels.formats import WRITERS
from glipv2.labels.image_list import count_lines, write_image_list
from glipv2.labels.job import LabelJob, Wanted
from glipv2.labels.labelled import labelled
from glipv2.labels.write import write_labels
from tests.labels.conftest import EVERYTHING, NAMES

SPLITS = ('train', 'val')
LEAST_OF_EACH = 32  # bytes: any name, number or path of an image is more in Python
CORNERS = ('xmin', 'ymin', 'xmax', 'ymax')


@pytest.fixture(scope='module')
def expected(done: LabelJob) -> dict[str, list[dict]]:
    """The labels of each image, chosen anew."""
    return {image.file_name: image.objects for image in labelled(done, EVERYTHING)}


def test_coco(done: LabelJob, expected: dict) -> None:
    found = {}
    for split in SPLITS:
        coco = COCO(str(done.out / f'coco/{split}.json'))
        assert [x['name'] for x in coco.loadCats(coco.getCatIds())] == list(NAMES)
        for image in coco.loadImgs(coco.getImgIds()):
            found[image['file_name']] = coco.imgToAnns[image['id']]
    assert {name: len(each) for name, each in found.items()} == {
        name: len(objects) for name, objects in expected.items()
    }
    for name, objects in expected.items():
        for one, other in zip(found[name], objects):
            assert NAMES[one['category_id'] - 1] == other['name']
            left, top, width, height = one['bbox']
            assert [left + width, top + height] == pytest.approx(other['box'][2:])
    dataset = CocoTextDataset(
        ann_file=str(done.out / 'coco/train.json'),
        data_prefix=dict(img=str(done.folder)), pipeline=[],
    )  # fmt: skip
    assert len(dataset) == sum(
        image.split == 'train' for image in labelled(done, EVERYTHING)
    )


def test_yolo(done: LabelJob, expected: dict) -> None:
    root = done.out / 'yolo'
    data = yaml.safe_load((root / 'data.yaml').read_text())
    assert list(data['names'].values()) == list(NAMES)
    assert [data[split] for split in SPLITS] == ['images/train', 'images/val']
    images = sorted(p for p in (root / 'images').rglob('*') if p.is_file())
    assert len(images) == len(expected)
    counts = []
    for image in images:
        assert image.resolve().is_relative_to(done.folder)
        # As Ultralytics finds a label: the folder's name, and the ending.
        label = root / 'labels' / image.relative_to(root / 'images')
        lines = label.with_suffix('.txt').read_text().splitlines()
        file_name = str(image.resolve().relative_to(done.folder.resolve()))
        assert len(lines) == len(expected[file_name])
        counts.append(len(lines))
        for line, each in zip(lines, expected[file_name]):
            number, *numbers = line.split()
            assert NAMES[int(number)] == each['name']
            assert all(0 <= float(x) <= 1 for x in numbers)
    assert sum(counts) > 0


def test_voc(done: LabelJob, expected: dict) -> None:
    root = done.out / 'voc'
    stems = [
        stem
        for split in SPLITS
        for stem in (root / f'ImageSets/Main/{split}.txt').read_text().splitlines()
    ]
    assert len(stems) == len(set(stems)) == len(expected)
    for stem in stems:
        tree = ElementTree.parse(root / f'Annotations/{stem}.xml')
        objects = tree.findall('object')
        assert len(objects) == len(expected[tree.findtext('filename')])
        width, height = (int(tree.findtext(f'size/{x}')) for x in ('width', 'height'))
        for each in objects:
            x1, y1, x2, y2 = (
                int(each.findtext(f'bndbox/{x}'))
                for x in ('xmin', 'ymin', 'xmax', 'ymax')
            )
            assert 1 <= x1 <= x2 <= width and 1 <= y1 <= y2 <= height


def test_supervision_reads_coco_yolo_and_voc(done: LabelJob, expected: dict) -> None:
    supervision = pytest.importorskip('supervision')
    root = done.out / 'yolo'
    boxes = 0
    for split in SPLITS:
        # It does not look into folders.
        read = supervision.DetectionDataset.from_yolo(
            str(root / 'images' / split), str(root / 'labels' / split),
            str(root / 'data.yaml'),
        )  # fmt: skip
        boxes += sum(len(x) for x in read.annotations.values())
        assert read.classes == list(NAMES)
    flat = [name for name in expected if '/' not in name]
    assert boxes == sum(len(expected[name]) for name in flat)


def test_cvat(done: LabelJob, expected: dict) -> None:
    root = ElementTree.parse(done.out / 'cvat/annotations.xml').getroot()
    assert root.findtext('version') == '1.1'
    labels = [x.text for x in root.findall('meta/task/labels/label/name')]
    assert labels == list(NAMES)
    found = {image.get('name'): image.findall('box') for image in root.iter('image')}
    assert found.keys() == expected.keys()
    for name, objects in expected.items():
        for box, each in zip(found[name], objects, strict=True):
            sides = [float(box.get(x)) for x in ('xtl', 'ytl', 'xbr', 'ybr')]
            assert (box.get('label'), sides) == (each['name'], each['box'])


def test_labelstudio(done: LabelJob, expected: dict) -> None:
    tasks = json.loads((done.out / 'labelstudio/tasks.json').read_text())
    config = ElementTree.parse(done.out / 'labelstudio/config.xml').getroot()
    control = config.find('RectangleLabels')
    assert [label.get('value') for label in control] == list(NAMES)
    assert len(tasks) == len(expected)
    for task in tasks:
        (prediction,) = task['predictions']
        objects = expected[task['data']['file_name']]
        for result, each in zip(prediction['result'], objects, strict=True):
            assert result['from_name'] == control.get('name')
            assert result['to_name'] == config.find('Image').get('name')
            value, width = result['value'], result['original_width']
            assert value['x'] * width / 100 == pytest.approx(each['box'][0])
            assert value['rectanglelabels'] == [each['name']]


def test_odvg(done: LabelJob, expected: dict) -> None:
    count = 0
    for split in SPLITS:
        dataset = StreamingODVGDataset(
            ann_file=str(done.out / f'odvg/{split}.jsonl'),
            label_map_file=str(done.out / 'odvg/label_map.json'),
            data_prefix=dict(img=str(done.folder)), min_score=0.0, pipeline=[],
        )  # fmt: skip
        for row in range(len(dataset)):
            sample = dataset[row]
            name = str(Path(sample['img_path']).relative_to(done.folder))
            assert len(sample['instances']) == len(expected[name])
            count += 1
    assert count == len(expected)


def test_the_review_needs_no_other_file(done: LabelJob) -> None:
    page = (done.out / 'review.html').read_text()
    for name in NAMES:
        assert f'>{name}:' in page
    assert 'data:image/jpeg;base64' in page
    assert 'http' not in page
    assert 'src="/' not in page


def test_uncertain_images(done: LabelJob) -> None:
    lines = (done.out / 'uncertain.jsonl').read_text().splitlines()
    doubts = [json.loads(line)['doubt'] for line in lines]
    assert len(doubts) == 3
    assert doubts == sorted(doubts, reverse=True)


def test_names_with_marks_of_the_formats(done: LabelJob, tmp_path: Path) -> None:
    name = '<b>"a", b & c</b>'
    answer = dict(file_name='a.png', width=64, height=48, sha256='0' * 64)
    answer['objects'] = [dict(name=name, box=[1.0, 2, 30, 40], score=0.9)]
    job = _made(done, tmp_path, [answer], (name,))
    write_labels(job, EVERYTHING)
    tree = ElementTree.parse(next(job.out.glob('voc/Annotations/*.xml')))
    assert tree.findtext('object/name') == name
    root = ElementTree.parse(job.out / 'cvat/annotations.xml').getroot()
    assert next(root.iter('box')).get('label') == name
    assert '<b>' not in (job.out / 'review.html').read_text()
    data = yaml.safe_load((job.out / 'yolo/data.yaml').read_text())
    assert data['names'] == {0: name}


@pytest.mark.timeout(600)
def test_more_images_need_no_more_memory(done: LabelJob, tmp_path: Path) -> None:
    """All forms, the page to look through, doubts, and copies that are left out."""
    wanted = Wanted(
        tuple(WRITERS), Filters(score=0.3, no_copies=True), uncertain=10, review=True
    )
    peaks = []
    for count in (10, 50, 2000):  # of the first, what is imported late
        answers = (
            dict(
                file_name=f'{number:06d}.png', width=64, height=48,
                sha256=f'{number:064x}',
                objects=[dict(name='a dog', box=[1.0, 2, 30, 40], score=0.9)] * 5,
            )
            for number in range(count)
        )  # fmt: skip
        job = _made(done, tmp_path / str(count), answers, NAMES)
        peaks.append(peak_of(lambda job=job: write_labels(job, wanted)))
    assert peaks[2] < peaks[1] + LEAST_OF_EACH * 2000, peaks


def test_lists_and_journals_need_no_more_memory(tmp_path: Path) -> None:
    peaks = []
    for count in (10, 50, 2000):
        folder, out = tmp_path / f'{count}', tmp_path / f'labels{count}'
        (folder / 'deeper').mkdir(parents=True)
        for number in range(count):
            (folder / 'deeper' / f'{number:06d}.png').touch()
        job = LabelJob(folder, out, NAMES)
        out.mkdir()

        def work(job: LabelJob = job, count: int = count) -> None:
            write_image_list(job)
            journals = [LineJournal(job.answers, rank) for rank in range(2)]
            for number in range(0, count, 10):
                rows = range(number, number + 10)
                answers = [(row, dict(file_name='x', text='y' * 200)) for row in rows]
                journals[number // 10 % 2].write(answers)
            assert journals[0].done(count).all()
            journals[0].merge(job.skipped)

        with patch('os.fsync', lambda file: None):  # of many small portions
            peaks.append(peak_of(work))
        assert count_lines(job.answers) == count_lines(job.list_file) == count
    assert peaks[2] < peaks[1] + LEAST_OF_EACH * 2000, peaks


def peak_of(work: Callable[[], object]) -> int:
    """Do something; the most bytes that it has at once, waiting garbage left out."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(200, 1, 1)
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _made(done: LabelJob, folder: Path, answers: object, names: tuple) -> LabelJob:
    job = replace(done, out=folder / 'labels', names=names)
    job.out.mkdir(parents=True)
    with open(job.answers, 'w') as file:
        for answer in answers:
            file.write(json.dumps(answer) + '\n')
    job.skipped.touch()
    return job

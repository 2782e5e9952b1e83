"""Labels exported to Label Studio, corrected there, and read back."""

import copy
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from pycocotools.coco import COCO

from glipv2.datasets.report.inspect_dataset import TextSettings, inspect_dataset
from glipv2.labels.from_labelstudio import labelstudio_to_coco
from glipv2.labels.job import LabelJob
from glipv2.text.sources import load_tokenizer
from tests.labels.conftest import NAMES

TEXT = TextSettings(load_tokenizer('bert-base-uncased'), max_tokens=256)


def export_of(tasks: list[dict], correct: Callable[[list, int], None]) -> list[dict]:
    """Make what Label Studio exports once a person went through tasks.

    A person starts from the predictions, whose results become the annotation's, with
    `origin` in each.
    """
    exported = copy.deepcopy(tasks)
    for number, task in enumerate(exported):
        result = copy.deepcopy(task['predictions'][0]['result'])
        correct(result, number)
        for each in result:
            each.update(origin='prediction')
            each.pop('score', None)
        annotation = dict(
            id=100 + number, completed_by=1, result=result, was_cancelled=False,
            ground_truth=False, lead_time=3.2, task=1 + number,
        )  # fmt: skip
        task.update(id=1 + number, project=7, annotations=[annotation], meta={})
    return exported


def box_of(name: str, x: float, y: float, width: float, height: float) -> dict:
    """Draw a box, in per cent, as a person does."""
    value = dict(x=x, y=y, width=width, height=height, rotation=0)
    return dict(
        id='drawn', type='rectanglelabels', from_name='label', to_name='image',
        original_width=64, original_height=48, image_rotation=0, origin='manual',
        value=dict(value, rectanglelabels=[name]),
    )  # fmt: skip


def test_round_trip_through_a_correction(done: LabelJob, tmp_path: Path) -> None:
    tasks = json.loads((done.out / 'labelstudio/tasks.json').read_text())

    def correct(result: list, number: int) -> None:
        if number == 0:  # renamed, moved, deleted
            result[0]['value'].update(rectanglelabels=[NAMES[2]], x=25.0, y=50.0)
            del result[1:]
        if number == 1:
            result.clear()  # nothing is there
        if number == 2:
            result.append(box_of(NAMES[1], 10, 20, 30, 40))

    exported = export_of(tasks, correct)
    exported[3]['annotations'][0]['was_cancelled'] = True
    exported[4]['annotations'] = []
    export = tmp_path / 'export.json'
    export.write_text(json.dumps(exported))
    corrected = tmp_path / 'corrected.json'
    images, _ = labelstudio_to_coco(export, corrected, NAMES)
    assert images == len(tasks) - 2
    coco = COCO(str(corrected))
    assert [x['name'] for x in coco.loadCats(coco.getCatIds())] == list(NAMES)
    by_name = {
        image['file_name']: coco.imgToAnns[image['id']]
        for image in coco.loadImgs(coco.getImgIds())
    }
    names = [task['data']['file_name'] for task in tasks]
    assert [*by_name] == [name for n, name in enumerate(names) if n not in (3, 4)]
    (moved,) = by_name[names[0]]
    width, height = tasks[0]['data']['width'], tasks[0]['data']['height']
    assert moved['category_id'] == 3
    assert moved['bbox'][:2] == [width * 0.25, height * 0.5]
    assert by_name[names[1]] == []
    third = tasks[2]['data']
    assert by_name[names[2]][-1]['bbox'] == pytest.approx(
        [0.1 * third['width'], 0.2 * third['height'], 0.3 * third['width'],
         0.4 * third['height']], abs=0.01,
    )  # fmt: skip
    before = json.loads((done.out / 'coco/train.json').read_text())
    before_ids = {x['file_name']: x['id'] for x in before['images']}
    untouched = next(name for name in names[5:] if name in before_ids)
    boxes = [
        x['bbox'] for x in before['annotations']
        if x['image_id'] == before_ids[untouched]
    ]  # fmt: skip
    for one, other in zip(by_name[untouched], boxes, strict=True):
        assert one['bbox'] == pytest.approx(other, abs=0.02)
    # What check_dataset.py does with each data set.
    checked = inspect_dataset(
        'corrected',
        dict(
            type='CocoTextDataset', ann_file=str(corrected),
            data_prefix=dict(img=str(done.folder)),
        ),
        TEXT, num_samples=0, shown=3, jobs=1,
    )  # fmt: skip
    assert checked.problems.num_errors == 0, checked.problems.examples
    assert (checked.num_items, checked.num_boxes) == (images, len(coco.anns))


def test_shapes(tmp_path: Path) -> None:
    turned = box_of('a', 50, 25, 20, 10)
    turned['value']['rotation'] = 90
    turned.update(original_width=200, original_height=100)
    corners = box_of('a', 0, 0, 0, 0)
    corners.update(
        type='polygonlabels',
        value=dict(points=[[0, 0], [50, 0], [0, 50]], polygonlabels=['b']),
    )
    choice = dict(type='choices', value=dict(choices=['blurred']))
    result = [turned, corners, choice]
    export, out = tmp_path / 'export.json', tmp_path / 'out.json'
    data = dict(image='/data/local-files/?d=shots/%C3%A9%20b.png')
    export.write_text(json.dumps([dict(data=data, annotations=[dict(result=result)])]))
    assert labelstudio_to_coco(export, out) == (1, 2)
    content = json.loads(out.read_text())
    assert content['images'][0]['file_name'] == 'shots/é b.png'
    first, second = content['annotations']
    # Turned about its upper left corner (100, 25): 40 px wide become 40 px high.
    assert first['bbox'] == pytest.approx([90, 25, 10, 40])
    assert first['area'] == pytest.approx(400)
    assert second['segmentation'] == [[0, 0, 100, 0, 0, 50]]
    assert math.isclose(second['area'], 2500)
    assert [x['name'] for x in content['categories']] == ['a', 'b']


@pytest.mark.parametrize(
    ('task', 'match'),
    [
        (dict(annotations=[]), 'it needs tasks'),
        (
            dict(data=dict(image='a.png'), id=5, annotations=[dict(result=[])]),
            'task 5: the size of a.png is not known',
        ),
        (
            dict(
                data=dict(image='a.png', width=9, height=9),
                annotations=[dict(result=[dict(type='brushlabels')])],
            ),
            'task 0: brushlabels is neither a box nor a polygon',
        ),
        (
            dict(
                data=dict(image='a.png'),
                annotations=[dict(result=[box_of('d', 1, 2, 3, 4)])],
            ),
            "task 0: 'd' is none of the names",
        ),
        (
            dict(data={}, annotations=[dict(result=[box_of('c', 1, 2, 3, 4)])]),
            "task 0: it lacks 'image'",
        ),
    ],
)
def test_other_files(tmp_path: Path, task: dict, match: str) -> None:
    export = tmp_path / 'export.json'
    export.write_text(json.dumps([task]))
    with pytest.raises(ValueError, match=match):
        labelstudio_to_coco(export, tmp_path / 'out.json', ['c'])
    assert not (tmp_path / 'out.json').exists()


def test_tasks_that_nobody_has_looked_at(done: LabelJob, tmp_path: Path) -> None:
    tasks = done.out / 'labelstudio/tasks.json'
    out = tmp_path / 'out.json'
    assert labelstudio_to_coco(tasks, out) == (0, 0)
    images, boxes = labelstudio_to_coco(tasks, out, keep_predictions=True)
    assert images == len(json.loads(tasks.read_text()))
    assert boxes > 0

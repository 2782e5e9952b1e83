"""The curve of reviewed images: corrected labels, and a tiny run that goes on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from glipv2.benchmarks.active import ActiveLoop, draw_curves, write_reviewed
from glipv2.benchmarks.distil import Distillation

ROOT = Path(__file__).parents[2]


def coco(names: dict[str, int], boxes: dict[str, list[str]]) -> dict:
    """Write a COCO file; boxes by image, each named."""
    content = dict(
        images=[
            dict(id=number, file_name=name, width=9, height=9)
            for number, name in enumerate(boxes, 5)
        ],
        annotations=[],
        categories=[dict(id=number, name=name) for name, number in names.items()],
    )
    for image, of_image in zip(content['images'], boxes.values()):
        for name in of_image:
            place = len(content['annotations'])
            content['annotations'].append(
                dict(
                    id=place,
                    image_id=image['id'],
                    category_id=names[name],
                    bbox=[place, 0, 2, 3],
                    area=6,
                )
            )
    return content


def named(content: dict, file_name: str) -> list[str]:
    """Read the names of an image's boxes."""
    names = {x['id']: x['name'] for x in content['categories']}
    (image,) = [x for x in content['images'] if x['file_name'] == file_name]
    return sorted(
        names[x['category_id']]
        for x in content['annotations']
        if x['image_id'] == image['id']
    )


def test_the_labels_of_chosen_images_become_true(tmp_path: Path) -> None:
    labels = coco(dict(a=1, b=2), dict(one=['a', 'a'], two=['b'], three=[]))
    truth = coco(dict(b=7, a=9), dict(three=['b'], one=['b'], two=['a']))
    for name, content in dict(labels=labels, truth=truth).items():
        (tmp_path / name).write_text(json.dumps(content))
    out = tmp_path / 'new' / 'train.json'
    for chosen, expected in (
        ([], (['a', 'a'], ['b'], [])),
        (['one'], (['b'], ['b'], [])),
        (['three', 'two'], (['a', 'a'], ['a'], ['b'])),
    ):
        write_reviewed(tmp_path / 'labels', tmp_path / 'truth', chosen, out)
        found = json.loads(out.read_text())
        assert tuple(named(found, x) for x in ('one', 'two', 'three')) == expected
        ids = [x['id'] for x in found['annotations']]
        assert len(ids) == len(set(ids))


def test_a_curve(tmp_path: Path) -> None:
    rows = [
        dict(chosen=choice, reviewed=count, AP=0.1 * count, AP50=0.5, spread=0.01)
        for choice in 'ab'
        for count in (0, 1, 2)
    ]
    draw_curves(rows, tmp_path / 'x.png')
    assert min(Image.open(tmp_path / 'x.png').size) > 200


@pytest.mark.parametrize(
    ('changes', 'match'),
    [
        (dict(reviewed=(0,)), 'from 1 to 9 images'),
        (dict(reviewed=(5, 10)), 'from 1 to 9 images'),
        (dict(seeds=()), 'at least one seed'),
    ],
)
def test_wrong_numbers(tmp_path: Path, changes: dict, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        ActiveLoop(Distillation(tmp_path, images=9), **changes)


@pytest.mark.timeout(1200)
def test_the_command_on_a_few_images(tmp_path: Path) -> None:
    work, out = tmp_path / 'work', tmp_path / 'active.json'
    command = [
        sys.executable, str(ROOT / 'tools/analysis_tools/active_results.py'),
        '--work-dir', str(work), '--images', '3', '--val-images', '1', '--epochs', '1',
        '--image-size', '64', '--reviewed', '2', '--seeds', '4', '--out', str(out),
        '--cfg-options', 'train_dataloader.batch_size=2',
        'train_dataloader.num_workers=0', 'train_dataloader.persistent_workers=False',
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    content = json.loads(out.read_text())
    assert [(row['chosen'], row['reviewed']) for row in content['rows']] == [
        ('doubtful first', 0),
        ('doubtful first', 2),
        ('at random', 0),
        ('at random', 2),
    ]
    assert content['settings']['seeds'] == [4]
    assert Image.open(out.with_suffix('.png')).size
    students = sorted(path.name for path in (work / 'students').iterdir())
    assert students == ['doubtful_2_seed4', 'random_2_seed4', 'unreviewed_seed4']
    (
        work / 'students/random_2_seed4/found.json'
    ).unlink()  # as if killed before the end
    kept = {path: path.stat().st_mtime_ns for path in work.rglob('*.pth')}
    subprocess.run(command, check=True, capture_output=True)
    assert {path: path.stat().st_mtime_ns for path in work.rglob('*.pth')} == kept
    assert json.loads(out.read_text())['rows'] == content['rows']

"""The curve of reviewed images: corrected labels, a run that goes on, a tiny one."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PIL import Image

from glipv2.benchmarks import active
from glipv2.benchmarks.active import ActiveLoop, draw_curves, write_reviewed
from glipv2.benchmarks.distil import Distillation
from glipv2.benchmarks.student import Student

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
        dict(
            chosen=choice,
            reviewed=count,
            boxes=9,
            AP=0.1 * count,
            AP50=0.5,
            spread=0.01,
        )
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


def write_labelled(base: Distillation, reviewed: int) -> None:
    """Write what a teacher leaves: 'a' in each image, where there is a 'b'."""
    names = [f'{number}.jpg' for number in range(base.images)]
    for file, boxes in (
        (base.labels / 'coco/train.json', ['a']),
        (base.data / 'annotations/instances_train.json', ['b']),
    ):
        file.parent.mkdir(parents=True)
        content = coco(dict(a=1, b=2), dict.fromkeys(names, boxes))
        file.write_text(json.dumps(content))
    lines = [json.dumps(dict(file_name=name)) + '\n' for name in names]
    (base.labels / 'images.txt').write_text(''.join(lines))
    doubtful = lines[::-1][:reviewed]
    (base.labels / 'uncertain.jsonl').write_text(''.join(doubtful))


def test_both_choices_and_a_run_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trainings are left out: AP is a share of the true labels, plus the seed."""
    base = Distillation(tmp_path, images=9, epochs=1)
    asked, trained = [], []
    write_labelled(base, 4)

    def train(student: Student) -> None:
        trained.append(student.folder.parent.name)
        if len(trained) == 5:
            raise KeyboardInterrupt  # as a kill
        student.folder.mkdir(parents=True, exist_ok=True)
        (student.folder / 'last_checkpoint').write_text(str(student.folder / 'x.pth'))

    def one_after_another(jobs: Mapping[Path, Callable], at_once: int, cores: int):
        assert (at_once, cores) == (2, 4)
        return {name: job() for name, job in jobs.items()}

    class Tested:
        def __init__(self, student: Student) -> None:
            content = json.loads((student.labels / 'coco/train.json').read_text())
            true = sum(x['category_id'] == 2 for x in content['annotations'])
            seed = int(student.options[-1].partition('=')[2])
            self.found = {'coco/bbox_mAP': true / 100 + seed / 10}

        def test(self) -> dict:
            return self.found

    monkeypatch.setattr(active, 'run_jobs', one_after_another)
    monkeypatch.setattr(Distillation, 'make_data', lambda self: None)
    monkeypatch.setattr(Distillation, 'label', lambda self, *given: asked.append(given))
    monkeypatch.setattr(Student, 'train', train)
    monkeypatch.setattr(Student, 'runner', lambda student: Tested(student))
    work = ActiveLoop(base, reviewed=(4, 2), seeds=(0, 1), jobs=2, cores=4)
    with pytest.raises(KeyboardInterrupt):
        work.run()
    rows = work.run()
    assert asked[0] == ('--mirrored', '--uncertain', 4)
    # The first; per seed no review, two and four doubtful ones, two and four at random.
    assert len(trained) == 13 and len(set(trained)) == 11
    assert [(x['chosen'], x['reviewed']) for x in rows] == [
        (choice, count)
        for choice in ('doubtful first', 'at random')
        for count in (0, 2, 4)
    ]
    for row in rows:
        assert row['AP'] == pytest.approx(row['reviewed'] / 100 + 0.05)
        assert row['spread'] == round(0.1 / 2**0.5, 3)
        assert row['boxes'] == row['reviewed']  # one an image
    assert work.seconds().keys() == {'data', 'label', 'first', 'students'}

    def corrected(folder: str) -> set[str]:
        file = tmp_path / 'students' / folder / 'labels/coco/train.json'
        content = json.loads(file.read_text())
        names = [image['file_name'] for image in content['images']]
        return {name for name in names if named(content, name) == ['b']}

    assert corrected('doubtful_2_seed0') == {'8.jpg', '7.jpg'}
    assert corrected('doubtful_4_seed1') == {'8.jpg', '7.jpg', '6.jpg', '5.jpg'}
    draws = [corrected(f'random_4_seed{seed}') for seed in (0, 1)]
    assert draws[0] != draws[1]
    assert all(corrected(f'random_2_seed{x}') < draws[x] for x in (0, 1))


@pytest.mark.timeout(1200)
def test_the_command_on_a_few_images(tmp_path: Path) -> None:
    work, out = tmp_path / 'work', tmp_path / 'active.json'
    command = [
        sys.executable, str(ROOT / 'tools/analysis_tools/active_results.py'),
        '--work-dir', str(work), '--images', '3', '--val-images', '1', '--epochs', '1',
        '--image-size', '64', '--reviewed', '2', '--seeds', '4', '--further', '1',
        '--out', str(out), '--cfg-options', 'train_dataloader.batch_size=2',
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

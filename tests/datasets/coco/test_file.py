"""The one reader of COCO files: what it repairs, what it refuses, and who agrees."""

import gzip
import json
import logging
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from mmengine.logging import MMLogger
from PIL import Image

from glipv2.datasets import CocoTextDataset, LvisTextDataset
from glipv2.datasets.coco import read_coco_file

HEIGHT, WIDTH = 40, 60
TURNED = 6  # EXIF: a quarter turn


def content_of() -> dict:
    """Make a sound file."""
    return dict(
        images=[
            dict(id=n, file_name=f'in/{n}.png', height=HEIGHT, width=WIDTH)
            for n in (1, 2)
        ],
        annotations=[
            dict(
                id=n, image_id=n, category_id=n + 2, bbox=[5, 5, 20, 10], area=200,
                iscrowd=0,
            )
            for n in (1, 2)
        ],
        categories=[dict(id=3, name='cat'), dict(id=4, name='dog')],
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / 'in').mkdir()
    for number in (1, 2):
        Image.new('RGB', (WIDTH, HEIGHT)).save(tmp_path / f'in/{number}.png')
    return tmp_path


def load(
    folder: Path, content: dict, cls: type[CocoTextDataset] = CocoTextDataset, **options
) -> CocoTextDataset:
    """Write and load a file."""
    (folder / 'truth.json').write_text(json.dumps(content))
    prefix = dict(img=str(folder))
    file = str(folder / 'truth.json')
    return cls(ann_file=file, data_prefix=prefix, pipeline=[], **options)


@pytest.mark.parametrize(
    'encode',
    [
        lambda text: text.encode('utf-8-sig'),
        lambda text: text.encode('utf-16'),
        lambda text: text.encode('utf-16-le'),
        lambda text: text.encode('utf-16-be'),
        lambda text: text.encode('utf-32'),
        lambda text: text.encode('utf-32-be'),
        lambda text: gzip.compress(text.encode()),
        lambda text: text.encode() + b'\r\n',
    ],
)
def test_any_encoding(folder: Path, encode: Callable[[str], bytes]) -> None:
    content = content_of()
    content['categories'][0]['name'] = 'Kätzchen 猫'
    file = folder / 'truth.json'
    file.write_bytes(encode(json.dumps(content, ensure_ascii=False)))
    assert read_coco_file(str(file)).class_names == ['Kätzchen 猫', 'dog']


@pytest.mark.parametrize(
    'data',
    [b'', b'{', b'\xff\xfe{', b'\x1f\x8b123', b'[' * 100000, 'ä'.encode('cp1252')],
)
def test_what_is_no_json_is_said_in_one_line(folder: Path, data: bytes) -> None:
    (folder / 'truth.json').write_bytes(data)
    with pytest.raises(ValueError, match=r'^.*truth\.json is not valid JSON: .*$'):
        read_coco_file(str(folder / 'truth.json'))


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Collect what is logged."""
    found: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: found.append(record.getMessage())
    logger = MMLogger.get_current_instance()
    logger.addHandler(handler)
    yield found
    logger.removeHandler(handler)


def lacking(part: str, *keys: str) -> Callable[[dict], None]:
    """Take keys out of all entries of a part."""

    def change(content: dict) -> None:
        for entry in content[part]:
            for key in keys:
                del entry[key]

    return change


def setting(part: str, **keys: object) -> Callable[[dict], None]:
    """Set keys of the first entry of a part."""
    return lambda content: content[part][0].update(keys)


def roots(content: dict, name: str, parent: str | None = 'shapes') -> None:
    """Add Roboflow's root; the others may say no parent."""
    for category in content['categories']:
        category['supercategory'] = parent
    root = dict(id=0, name=name, supercategory='none')
    content['categories'].insert(0, root)


def stray(content: dict) -> None:
    """Add an annotation of an absent image."""
    content['annotations'].append(dict(content['annotations'][0], id=9, image_id=77))


REPAIRS = {
    'computed the area of 2': lacking('annotations', 'area'),
    'computed the area of 1': setting('annotations', area=None),
    'computed the area of  1': setting('annotations', area=0),
    'computed the area of   1': setting('annotations', area=float('nan')),
    'read iscrowd of 1': setting('annotations', iscrowd='0'),
    'read the sizes of 2': lacking('images', 'height', 'width'),
    'read the sizes of 1': setting('images', height=None),
    'read the sizes of  1': setting('images', width=-1),
    'read the sizes of   1': setting('images', height='40', width=0),
    'renumbered the ids': setting('annotations', id=0),
    'renumbered  the ids': setting('annotations', id=2),
    'renumbered   the ids': setting('annotations', id='a-1'),
    'renumbered    the ids': lacking('annotations', 'id'),
    'left out 1 annotations of absent': stray,
    'spelt 1 file names': setting('images', file_name='in\\1.png'),
    'spelt  1 file names': setting('images', file_name=' in/%31.png\n'),
    'read the text of 1 boxes': setting('annotations', bbox=['5', '5', '20', '1e1']),
    "left out the unused category 'shapes-tK3x'": lambda c: roots(c, 'shapes-tK3x'),
    "left out  the unused category 'shapes-tK3x'": (
        lambda c: roots(c, 'shapes-tK3x', None)
    ),
    "left out the unused category 'cat'": lambda c: roots(c, 'cat', 'cat'),
    "left out the unused category 'Cat'": lambda c: roots(c, 'Cat', 'Cat'),
}


@pytest.mark.parametrize('text', REPAIRS)
def test_repairs_are_said_in_one_line(
    folder: Path, text: str, lines: list[str]
) -> None:
    expected = list(load(folder, content_of()))
    assert lines == []
    content = content_of()
    REPAIRS[text](content)
    found = list(load(folder, content))
    (line,) = lines
    assert line.startswith(f'{folder}/truth.json: ')
    assert ' '.join(text.split()) in line
    for info in (*expected, *found):
        info.pop('sample_idx', None)
    assert found == expected


def test_nothing_is_said_of_what_may_be_absent(folder: Path, lines: list[str]) -> None:
    content = content_of()
    lacking('annotations', 'iscrowd')(content)
    content['annotations'][0]['iscrowd'] = None
    content['images'][0].update(height=40.0, width=60.0)
    load(folder, content)
    assert lines == []


def test_a_root_that_the_class_list_names_stays(folder: Path) -> None:
    content = content_of()
    roots(content, 'all')
    names = ('all', 'cat', 'dog')
    assert load(folder, content).metainfo['classes'] == names[1:]
    dataset = load(folder, content, metainfo=dict(classes=names))
    assert dataset.metainfo['classes'] == names
    assert dataset[0]['instances'][0]['bbox_label'] == 1


@pytest.mark.parametrize('orientation', [1, TURNED])
def test_sizes_are_those_of_the_loaded_image(folder: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new('RGB', (WIDTH, HEIGHT)).save(folder / 'in/1.jpg', exif=exif)
    size = (WIDTH, HEIGHT) if orientation == TURNED else (HEIGHT, WIDTH)
    content = content_of()
    content['images'][0] = dict(id=1, file_name='in/1.jpg')
    info = load(folder, content)[0]
    assert (info['height'], info['width']) == size
    # The writer did not look at EXIF, but marked what it displayed.
    content['images'][0].update(height=HEIGHT, width=WIDTH)
    content['annotations'][0]['bbox'] = [5, 45, 20, 10]
    if orientation == TURNED:
        (instance,) = load(folder, content)[0]['instances']
        assert instance['bbox'] == [5, 45, 25, 55]
    else:
        with pytest.raises(ValueError, match='outside the image of 60 x 40 pixels'):
            load(folder, content)


@pytest.mark.parametrize('make_id', [str, float, lambda n: f'a-{n}', lambda n: n - 1])
def test_samples_have_the_ids_of_the_file(folder: Path, make_id: Callable) -> None:
    content = content_of()
    for image, entry in zip(content['images'], content['annotations']):
        image['id'] = entry['image_id'] = make_id(image['id'])
    dataset = load(folder, content, filter_cfg=dict(filter_empty_gt=True))
    assert [info['img_id'] for info in dataset] == [make_id(1), make_id(2)]
    assert [len(info['instances']) for info in dataset] == [1, 1]


def test_a_set_without_images_is_refused(folder: Path) -> None:
    content = content_of()
    content['annotations'].clear()
    options = dict(filter_cfg=dict(filter_empty_gt=True))
    with pytest.raises(ValueError, match='truth.json: filter_cfg leaves none of'):
        load(folder, content, **options)
    assert len(load(folder, content, test_mode=True, **options)) == 2
    content['images'].clear()
    with pytest.raises(ValueError, match=r'truth.json: it has no images'):
        load(folder, content, test_mode=True)


FAULTS = {
    r"in/1\.png, annotation 1: lacks the fields \['bbox'\]": lambda c: c['annotations'][
        0
    ].pop('bbox'),
    r"annotation 1: lacks the fields \['image_id'\]": setting(
        'annotations', image_id=None
    ),
    'annotation 0 of the list: is no entry': lambda c: c['annotations'].insert(0, 3),
    'no category has the id 99': setting('annotations', category_id=99),
    'image 2: the id is a duplicate': setting('images', id=2),
    r"image 0 of the list: lacks \['id'\]": setting('images', id=None),
    r"image 1: lacks \['file_name'\]": setting('images', file_name=None),
    'height and width are .*does not exist': setting(
        'images', file_name='x.png', height=None
    ),
    "'cat' and ' CAT_' read the same": lambda c: c['categories'][1].update(
        name=' CAT_'
    ),
    r"same name: \['dog'\]": setting('categories', name='dog'),
}


@pytest.mark.parametrize('text', FAULTS)
def test_what_cannot_be_repaired_is_named(folder: Path, text: str) -> None:
    content = content_of()
    FAULTS[text](content)
    with pytest.raises(ValueError, match=rf'^{folder}/truth\.json: .*{text}'):
        load(folder, content, on_bad='skip')


def test_names_that_the_config_lists_may_read_the_same(folder: Path) -> None:
    content = content_of()
    names = ('Q', 'q')
    for category, name in zip(content['categories'], names):
        category['name'] = name
    with pytest.raises(ValueError, match='read the same'):
        load(folder, content)
    dataset = load(folder, content, metainfo=dict(classes=names))
    assert dataset.metainfo['classes'] == names
    content['categories'][1]['name'] = 'Q'
    with pytest.raises(ValueError, match='same name'):
        load(folder, content, metainfo=dict(classes=('Q',)))


def test_names_that_differ_in_brackets_are_lvis(folder: Path) -> None:
    content = content_of()
    for category, name in zip(content['categories'], ('bow_(weapon)', 'bow_(tie)')):
        category['name'] = name
    assert load(folder, content).metainfo['classes'] == ('bow_(weapon)', 'bow_(tie)')


@pytest.mark.parametrize(
    'keys',
    [
        dict(coco_url='http://images.cocodataset.org/in/1.png'),
        dict(coco_url='https://x.org/other/1.png'),
        dict(file_name='in/1.png'),
        dict(file_name='1.png', coco_url='http://images.cocodataset.org/in/1.png'),
        dict(),
    ],
)
@pytest.mark.parametrize('cls', [LvisTextDataset, CocoTextDataset])
def test_names_of_lvis(folder: Path, keys: dict, cls: type) -> None:
    content = content_of()
    del content['images'][1], content['annotations'][1]
    del content['images'][0]['file_name']
    content['images'][0].update(keys)
    if 'other' in keys.get('coco_url', ''):
        folder = folder / 'in'
    elif not keys:
        (folder / 'in/1.png').rename(folder / '000000000001.jpg')
    dataset = load(folder, content, cls)
    assert Path(dataset[0]['img_path']).is_file()
    assert dataset[0]['text'] == ('cat', 'dog')


def test_a_sound_file_is_only_read(folder: Path) -> None:
    content = content_of()
    (folder / 'truth.json').write_text(json.dumps(content))
    file = read_coco_file(str(folder / 'truth.json'), image_root=str(folder))
    assert file.content == deepcopy(content)
    assert (list(file.repairs), list(file.faults), file.bad_boxes) == ([], [], {})


def test_area_of_a_mask(folder: Path) -> None:
    content = content_of()
    lacking('annotations', 'area')(content)
    content['annotations'][0]['segmentation'] = [[5, 5, 25, 5, 25, 15]]
    content['annotations'][1]['segmentation'] = [[np.nan] * 6]
    (folder / 'truth.json').write_text(json.dumps(content))
    first, second = read_coco_file(str(folder / 'truth.json')).content['annotations']
    assert 80 < first['area'] < 120
    assert second['area'] == 200

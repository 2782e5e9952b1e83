"""OpenImages' tables become lines."""

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from glipv2.datasets import StreamingODVGDataset
from glipv2.datasets.openimages_to_odvg import openimages_to_odvg

COLUMNS = ('ImageID', 'LabelName', 'XMin', 'XMax', 'YMin', 'YMax', 'IsGroupOf')
ROWS = [
    ('00a', '/m/dog', 0.1, 0.5, 0.2, 0.6, 0),
    ('00a', '/m/cat', 0.0, 1.0, 0.0, 1.0, 1),  # a group
    ('00a', '/m/cat', 0.5, 1.2, 0.5, 0.9, 0),  # over the edge
    ('00b', '/m/cat', 0.0, 1.0, 0.0, 1.0, 1),  # nothing else in it
    ('00c', '/m/cat', 0.3, 0.3, 0.0, 1.0, 0),  # no area
    ('00d', '/m/cat', 0.0, 1.0, 0.0, 0.5, 0),
]


def convert(folder: Path, rows: list, **options: str) -> tuple[int, int]:
    """Write images and tables, and convert them."""
    for name in ('00a', '00b', '00c', '00d'):
        Image.new('RGB', (200, 100)).save(folder / f'{name}.jpg')
    names = '/m/cat,Cat\n/m/dog,"Dog, big"\n'
    (folder / 'names.csv').write_text(names, encoding='utf-8-sig')
    with open(folder / 'boxes.csv', 'w', newline='') as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return openimages_to_odvg(
        folder / 'boxes.csv', folder / 'names.csv', folder, folder / 'lines.json',
        folder / 'map.json', **options,
    )  # fmt: skip


def test_boxes_in_pixels_without_groups(tmp_path: Path) -> None:
    assert convert(tmp_path, ROWS) == (2, 3)
    dataset = StreamingODVGDataset(
        data_root=str(tmp_path), ann_file='lines.json', label_map_file='map.json',
        data_prefix=dict(img=''), pipeline=[],
    )  # fmt: skip
    assert dataset.label_map == {'0': 'Cat', '1': 'Dog, big'}
    found = [json.loads(x) for x in (tmp_path / 'lines.json').read_text().splitlines()]
    assert [line['filename'] for line in found] == ['00a.jpg', '00d.jpg']
    first, second = found[0]['detection']['instances']
    assert first == dict(
        bbox=pytest.approx([20, 20, 100, 60]), label=1, category='Dog, big'
    )
    assert second['bbox'] == [100, 50, 200, 90]


@pytest.mark.parametrize(
    ('row', 'message'),
    [
        (('00x', '/m/cat', 0, 1, 0, 1, 0), r'00x\.jpg does not exist'),
        (('00c', '/m/fox', 0, 1, 0, 1, 0), 'image 00c: a wrong row'),
        (('00c', '/m/cat', 'nan', 1, 0, 1, 0), 'image 00c: a wrong row'),
        (('00c', '/m/cat', 'x', 1, 0, 1, 0), 'image 00c: a wrong row'),
        (('00c', '/m/cat', 0), 'image 00c: a wrong row'),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, row: tuple, message: str) -> None:
    rows = [ROWS[0], row, ROWS[-1]]
    with pytest.raises((OSError, ValueError), match=message):
        convert(tmp_path, rows)
    assert not (tmp_path / 'lines.json').exists()
    assert convert(tmp_path, rows, on_bad='skip') == (2, 2)


def test_other_tables_are_refused(tmp_path: Path) -> None:
    convert(tmp_path, ROWS)
    boxes, names = tmp_path / 'boxes.csv', tmp_path / 'names.csv'
    for pair in ((names, names), (boxes, boxes)):
        with pytest.raises(ValueError, match='is no table of'):
            openimages_to_odvg(
                *pair, tmp_path, tmp_path / 'lines.json', tmp_path / 'map.json'
            )

"""COCO files become lines that train as the file does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from glipv2.datasets import CocoTextDataset, StreamingODVGDataset

ROOT = Path(__file__).parents[2]
CONTENT = dict(
    images=[
        dict(id=5, file_name='images/v1/a.png', height=40, width=60),
        dict(id='x9', file_name='b.png'),
    ],
    annotations=[
        dict(id=0, image_id=5, category_id=12, bbox=[1, 2, 10, 20], area=200),
        dict(id=1, image_id='x9', category_id=70, bbox=[3, 3, 8, 8], iscrowd=0),
        dict(id=2, image_id=5, category_id=70, bbox=[0, 0, 60, 40], iscrowd=1),
    ],
    # As in COCO, ids have gaps; 9 has no box.
    categories=[dict(id=i, name=n) for i, n in ((70, 'dog'), (12, 'cat'), (9, 'yak'))],
)


def convert(
    folder: Path, content: dict, *options: object
) -> subprocess.CompletedProcess:
    """Write and convert a file."""
    (folder / 'instances.json').write_text(json.dumps(content))
    Image.new('RGB', (30, 20)).save(folder / 'b.png')
    command = ROOT / 'tools/dataset_converters/coco2odvg.py'
    return subprocess.run(
        [sys.executable, command, folder / 'instances.json', *options],
        capture_output=True,
        text=True,
    )


def test_all_categories_and_boxes_are_kept(tmp_path: Path) -> None:
    done = convert(
        tmp_path, CONTENT, '--images', tmp_path, '--cut-folders', 'images/v1/'
    )
    assert done.returncode == 0, done.stderr
    assert '2 images, 2 boxes' in done.stdout
    names = json.loads((tmp_path / 'instances_od_label_map.json').read_text())
    assert names == {'0': 'dog', '1': 'cat', '2': 'yak'}
    options = dict(data_root=str(tmp_path), data_prefix=dict(img=''), pipeline=[])
    lines = StreamingODVGDataset(
        ann_file='instances_od.json', label_map_file='instances_od_label_map.json',
        **options,
    )  # fmt: skip
    coco = CocoTextDataset(ann_file='instances.json', test_mode=True, **options)
    for number, name in enumerate(('a.png', 'b.png')):
        line, entry = lines.get_data_info(number), coco.get_data_info(number)
        assert Path(line['img_path']).name == name
        assert (line['height'], line['width']) == (entry['height'], entry['width'])
        assert [(x['bbox'], x['bbox_label']) for x in line['instances']] == [
            (x['bbox'], x['bbox_label'])
            for x in entry['instances']
            if not x['ignore_flag']
        ]


def test_bad_files_are_refused_or_counted(tmp_path: Path) -> None:
    content = json.loads(json.dumps(CONTENT))
    content['annotations'][0]['bbox'][2] = 0
    done = convert(tmp_path, content, '--images', tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()[-1:]) == 1
    assert 'instances.json' in done.stderr
    assert 'Traceback' not in done.stderr
    assert not list(tmp_path.glob('*_od*'))
    done = convert(tmp_path, content, '--images', tmp_path, '--on-bad', 'skip')
    assert '2 images, 1 boxes' in done.stdout
    assert 'left out 1 bad entries' in done.stdout + done.stderr
    done = convert(tmp_path, CONTENT, '--out', tmp_path / 'new' / 'lines.json')
    assert 'image x9 lacks height and width; give --images' in done.stderr
    assert not list((tmp_path / 'new').glob('lines.json'))


@pytest.mark.parametrize('content', [dict(images=[]), [], dict(CONTENT, categories=[])])
def test_other_files_are_named(content: object, tmp_path: Path) -> None:
    done = convert(tmp_path, content)
    assert done.returncode == 1
    assert 'instances.json' in done.stderr
    assert 'Traceback' not in done.stderr

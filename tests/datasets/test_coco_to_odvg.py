"""COCO files become lines that train as the file does."""

import json
from pathlib import Path

import pytest
from PIL import Image

from glipv2.datasets import CocoTextDataset, StreamingODVGDataset
from glipv2.datasets.coco_to_odvg import coco_to_odvg
from tests.forked import run_forked

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


def write(folder: Path, content: object) -> Path:
    """Write a file and an image."""
    (folder / 'instances.json').write_text(json.dumps(content))
    Image.new('RGB', (30, 20)).save(folder / 'b.png')
    return folder / 'instances.json'


def test_all_categories_and_boxes_are_kept(tmp_path: Path) -> None:
    command = ROOT / 'tools/dataset_converters/coco2odvg.py'
    source = write(tmp_path, CONTENT)
    options = ('--images', tmp_path, '--cut-folders', 'images/v1/')
    done = run_forked([command, source, *options])
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
    source = write(tmp_path, content)
    files = (tmp_path / 'new' / 'lines.json', tmp_path / 'new' / 'names.json')
    with pytest.raises(ValueError, match=r'instances.json.*\[1, 2, 0, 20\]'):
        coco_to_odvg(source, *files, images=tmp_path)
    assert not files[0].exists()
    assert coco_to_odvg(source, *files, images=tmp_path, on_bad='skip') == (2, 1)
    files[0].unlink()
    with pytest.raises(ValueError, match='image x9 lacks height and width; give --im'):
        coco_to_odvg(source, *files, on_bad='skip')
    assert [path.name for path in files[0].parent.iterdir()] == ['names.json']


@pytest.mark.parametrize('content', [dict(images=[]), [], dict(CONTENT, categories=[])])
def test_other_files_are_named(content: object, tmp_path: Path) -> None:
    source = write(tmp_path, content)
    with pytest.raises(ValueError, match='instances.json'):
        coco_to_odvg(source, tmp_path / 'lines.json', tmp_path / 'names.json')

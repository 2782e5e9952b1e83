"""EmojiODinW as a real process, read by the data set class that the configs use."""

import json
import subprocess
from pathlib import Path

from PIL import Image

from glipv2.datasets import CocoTextDataset
from tests.forked import run_forked

SCRIPT = Path(__file__).parents[2] / 'tools/dataset_converters/make_emoji_odinw.py'
SMALL = ('--train', '6', '--valid', '2', '--test', '2', '--size', '96')
OPTIONS = (*SMALL, '--object-size', '16', '48', '--sets', 'clocks', 'hearts')


def run(out: Path, *options: str) -> subprocess.CompletedProcess:
    return run_forked([str(SCRIPT), str(out), *options])


def test_sets_have_roboflows_layout(tmp_path: Path) -> None:
    made = run(tmp_path, *OPTIONS)
    assert made.returncode == 0, made.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ['clocks', 'hearts']
    images = set()
    for split, count in (('train', 6), ('valid', 2), ('test', 2)):
        folder = tmp_path / 'hearts' / split
        content = json.loads((folder / '_annotations.coco.json').read_text())
        assert len(content['images']) == count
        for image in content['images']:
            with Image.open(folder / image['file_name']) as opened:
                assert opened.size == (96, 96)
            images.add((folder / image['file_name']).read_bytes())
    assert len(images) == 10  # no image is in two splits
    dataset = CocoTextDataset(
        data_root=f'{tmp_path}/hearts/',
        ann_file='train/_annotations.coco.json',
        data_prefix=dict(img='train/'),
        pipeline=[],
    )
    assert len(dataset) == 6
    assert {'red heart', 'purple heart'} <= set(dataset.metainfo['classes'])
    assert sum(len(dataset.get_data_info(i)['instances']) for i in range(6)) >= 6


def test_a_set_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / 'hearts').mkdir(parents=True)
    made = run(tmp_path, *OPTIONS)
    assert made.returncode == 2 and 'hearts is there already' in made.stderr
    assert not (tmp_path / 'clocks').exists()

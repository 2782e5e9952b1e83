"""PhraseCut's files: read, checked, converted."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO
from scipy.ndimage import binary_fill_holes

from glipv2.datasets import LoadTextMasks, PhraseCutDataset, StreamingODVGDataset
from tests.forked import run_well

ROOT = Path(__file__).parents[2]
TASK = dict(
    task_id='7__0', image_id=7, ann_ids=[1, 2], phrase='two red apples',
    instance_boxes=[[2, 3, 10, 12], [20, 3, 8, 8]],
    Polygons=[[[[2, 3], [12, 3], [12, 15], [2, 15]]],
              [[[20, 3], [28, 3], [24, 11]], [[21, 3], [25, 3], [25, 5]]]],
    phrase_structure=dict(name='apples', attributes=['red']),
)  # fmt: skip


def read(folder: Path, tasks: object, **options: object) -> PhraseCutDataset:
    """Read made-up tasks."""
    (folder / 'refer_val.json').write_text(json.dumps(tasks))
    return PhraseCutDataset(
        data_root=str(folder), ann_file='refer_val.json', pipeline=[], test_mode=True,
        data_prefix=dict(img='images'), **options,
    )  # fmt: skip


def test_a_task_is_a_phrase_with_all_its_instances(tmp_path: Path) -> None:
    (info,) = read(tmp_path, [TASK], stuff_names=('grass',))
    assert info['img_path'].endswith('images/7.jpg')
    assert (info['text'], info['tokens_positive']) == ('two red apples', -1)
    assert [x['bbox'] for x in info['instances']] == [[2, 3, 12, 15], [20, 3, 28, 11]]
    assert info['instances'][1]['mask'][1] == [21, 3, 25, 3, 25, 5]
    assert info['subsets'] == ['attributes', 'things']


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(phrase=' . '), 'task 7__0 has an empty phrase'),
        (dict(Polygons=[]), 'has 2 boxes, but 0 outlines'),
        (dict(task_id='8__0'), 'task 8__0 is a duplicate'),
        (
            dict(instance_boxes=[[1, 2, 3, 4], [1, 2, 0, 4]]),
            r'box \[1, 2, 0, 4\], which',
        ),
        (dict(instance_boxes=[[1, 2, np.nan, 4]] * 2), r'box \[1, 2, nan, 4\], which'),
    ],
)
def test_bad_tasks_are_named(tmp_path: Path, change: dict, message: str) -> None:
    tasks = [dict(TASK, task_id='8__0'), {**TASK, **change}]
    with pytest.raises(ValueError, match=message):
        read(tmp_path, tasks)
    with pytest.raises(ValueError, match='lacks Polygons'):
        read(tmp_path, [{k: v for k, v in TASK.items() if k != 'Polygons'}])
    with pytest.raises(ValueError, match='must hold a list'):
        read(tmp_path, dict(tasks=[]))


@pytest.fixture(scope='module')
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make EmojiScenes' PhraseCut files."""
    out = tmp_path_factory.mktemp('phrases') / 'scenes'
    run_well([
        ROOT / 'tools/dataset_converters/make_emoji_scenes.py', out,
        '--train', '40', '--val', '1', '--val-unseen', '1', '--jobs', '1',
        '--formats', 'coco', 'phrasecut',
    ])  # fmt: skip
    return out


def test_emoji_phrases_outline_their_objects(scenes: Path) -> None:
    coco = COCO(scenes / 'annotations' / 'instances_train.json')
    by_stem = {Path(x['file_name']).stem: number for number, x in coco.imgs.items()}
    dataset = PhraseCutDataset(
        data_root=str(scenes), ann_file='annotations/refer_train.json',
        data_prefix=dict(img='train/'), pipeline=[], test_mode=True,
    )  # fmt: skip
    sides, numbers = 0, 0
    for info in dataset:
        annotations = coco.imgToAnns[by_stem[info['img_id']]]
        true = {tuple(a['bbox']): coco.annToMask(a) for a in annotations}
        masks = LoadTextMasks().transform({**info, 'ori_shape': (192, 192)})['gt_masks']
        first = info['text'].split()[0]
        for mask, instance in zip(masks.masks, info['instances']):
            x1, y1, x2, y2 = instance['bbox']
            whole = binary_fill_holes(true[x1, y1, x2 - x1, y2 - y1])  # as polygons
            common = (mask.astype(bool) & whole).sum()
            assert common / (mask.astype(bool) | whole).sum() > 0.99
        sides += first in ('left', 'right')
        numbers += first in ('two', 'three')
    assert sides and numbers
    assert sides >= 2 * numbers


def test_converted_lines_give_the_same_masks(scenes: Path, tmp_path: Path) -> None:
    out = tmp_path / 'train.jsonl'
    run_well([
        ROOT / 'tools/dataset_converters/phrasecut2odvg.py',
        scenes / 'annotations/refer_train.json', scenes / 'train', out,
    ])  # fmt: skip
    options = dict(data_prefix=dict(img=str(scenes / 'train')), pipeline=[])
    lines = StreamingODVGDataset(ann_file=str(out), **options)
    tasks = PhraseCutDataset(
        ann_file=str(scenes / 'annotations/refer_train.json'), **options
    )
    assert len(lines) == len(tasks)
    for index in range(len(tasks)):
        a, b = lines.get_data_info(index), tasks.get_data_info(index)
        assert (a['text'], a['img_path']) == (b['text'], b['img_path'])
        assert [x['mask'] for x in a['instances']] == [
            x['mask'] for x in b['instances']
        ]
        with Image.open(a['img_path']) as image:
            assert np.array(image).shape[:2] == (a['height'], a['width'])

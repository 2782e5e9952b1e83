"""MDETR's files (GoldG) become lines."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from glipv2.datasets import StreamingODVGDataset
from glipv2.datasets.mdetr_to_odvg import mdetr_to_odvg

ROOT = Path(__file__).parents[2]
CAPTION = 'a dog chases a dog with red ears'


def phrase(number: int, box: list, *spans: list, image: int = 0) -> dict:
    return dict(
        id=number, image_id=image, bbox=box, area=box[2] * box[3], iscrowd=0,
        category_id=1, tokens_positive=list(spans),
    )  # fmt: skip


def content() -> dict:
    image = dict(
        file_name='7.jpg', height=40, width=60, id=0, caption=CAPTION,
        dataset_name='flickr', original_img_id=7,
    )  # fmt: skip
    return dict(
        info=[], licenses=[], images=[image, dict(image, id=1)],
        annotations=[
            phrase(0, [1, 1, 10, 10], [0, 5]),
            phrase(1, [20, 1, 10, 10], [13, 18], [24, 27]),
            phrase(2, [5, 5, 10, 10], [0, 5]),
            phrase(3, [5, 5, 0.5, 10], [28, 32]),
        ],
    )  # fmt: skip


def test_equal_words_keep_their_own_boxes(tmp_path: Path) -> None:
    source = tmp_path / 'final_flickr_separateGT_train.json'
    source.write_text(json.dumps(content()))
    done = subprocess.run(
        [sys.executable, ROOT / 'tools/dataset_converters/mdetr2odvg.py', source],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    # The name that the pre-training configs read.
    lines = tmp_path / 'final_flickr_separateGT_train_vg.json'
    assert '1 sentences, 2 phrases' in done.stdout
    info = StreamingODVGDataset(ann_file=str(lines), pipeline=[]).get_data_info(0)
    assert info['text'] == CAPTION
    spans = [phrase['tokens_positive'] for phrase in info['phrases'].values()]
    assert spans == [((0, 5),), ((13, 18), (24, 27))]
    assert [(x['bbox_label'], x['bbox']) for x in info['instances']] == [
        (0, [1, 1, 11, 11]), (0, [5, 5, 15, 15]), (1, [20, 1, 30, 11]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        (dict(images=None), "no list 'images'"),
        (
            dict(annotations=[dict(id=1, bbox=[1, 1, 2, 2])]),
            'item 1 of the annotations',
        ),
        (dict(annotations=[phrase(0, [1, 1, 9, 9], [0, 99])]), r'image 0: .*\[0, 99\]'),
    ],
)
def test_bad_files_are_named(changes: dict, message: str, tmp_path: Path) -> None:
    source = tmp_path / 'gold.json'
    source.write_text(json.dumps({**content(), **changes}))
    with pytest.raises(ValueError, match=f'gold.json.*{message}'):
        mdetr_to_odvg(source, tmp_path / 'out.jsonl')
    assert not (tmp_path / 'out.jsonl').exists()

"""OmniLabel's files: what is asked, what is there, and faults of each kind."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from glipv2.datasets import OmniLabelDataset
from glipv2.datasets.omnilabel_file import read_omnilabel

CONTENT = dict(
    info=dict(name='OmniLabel', version='0.1.3', url=''),
    images=[
        dict(id=3, file_name='coco/3.jpg'), dict(id=1, file_name='object365/p/1.jpg'),
        dict(id=2, file_name='coco/2.jpg'),
    ],
    descriptions=[
        dict(
            id=9, text='Dog', image_ids=[3, 1], anno_info=dict(type='object_category')
        ),
        dict(
            id=4, text='the dog at the left.', image_ids=[1],
            anno_info=dict(type='object_description', orig_id=7),
        ),
        dict(
            id=5, text='The dog at the left', image_ids=[1, 3],
            anno_info=dict(type='object_description', llm_generated=True),
        ),
    ],
    annotations=[
        dict(id=1, image_id=1, bbox=[1, 2, 30.5, 40], description_ids=[9, 5, 4]),
        dict(id=2, image_id=3, bbox=[1, 2, 3, 4], description_ids=[9], iscrowd=1),
    ],
)  # fmt: skip


def write(folder: Path, content: object) -> Path:
    """Write a file."""
    file = folder / 'dataset_all_val.json'
    file.write_text(json.dumps(content))
    return file


def test_an_image_is_asked_for_its_descriptions(tmp_path: Path) -> None:
    dataset = OmniLabelDataset(
        ann_file=str(write(tmp_path, CONTENT)), data_prefix=dict(img='imgs/'),
        test_mode=True, pipeline=[],
    )  # fmt: skip
    first, second = (dataset.get_data_info(row) for row in range(2))
    assert len(dataset) == 2  # nothing is asked of image 2
    assert first['text'] == ('Dog', 'The dog at the left')
    assert first['description_ids'] == [[9], [5]] and second['img_id'] == 1
    # What reads the same is asked once.
    assert second['text'] == ('Dog', 'the dog at the left')
    assert second['description_ids'] == [[9], [4, 5]]
    assert second['img_path'] == 'imgs/object365/p/1.jpg'
    assert [(x['bbox'], x['bbox_label']) for x in second['instances']] == [
        ([1, 2, 31.5, 42], 0), ([1, 2, 31.5, 42], 1),
    ]  # fmt: skip
    assert first['instances'][0]['ignore_flag'] == 1


def test_a_test_server_s_file_has_no_objects(tmp_path: Path) -> None:
    bare = {key: x for key, x in CONTENT.items() if key != 'annotations'}
    images = read_omnilabel(str(write(tmp_path, bare)))
    assert [len(image.asked) for image in images] == [2, 3, 0]
    assert not any(image.objects for image in images)


FAULTS = (
    (('images', 0, 'id'), None, 'images, item 1 has no id'),
    (('images', 1, 'id'), 3, 'images: id 3 is there twice'),
    (('images', 0, 'file_name'), None, 'id 3: file_name must be a text, not None'),
    (('descriptions', 0, 'text'), ' . ', 'descriptions, id 9 has no words'),
    (('descriptions', 0, 'text'), 7, 'descriptions, id 9: text must be a text, not 7'),
    (('descriptions', 0, 'image_ids'), [8], 'descriptions, id 9: no image has id 8'),
    (('descriptions', 0, 'image_ids'), 3, 'image_ids must be a list of numbers'),
    (('descriptions', 0, 'image_ids'), [[3]], 'image_ids must be a list of numbers'),
    (('descriptions', 1, 'anno_info'), 'free', 'anno_info must be an object, not'),
    (('annotations', 0, 'image_id'), 8, 'annotations, id 1: no image has id 8'),
    (('annotations', 0, 'bbox'), [1, 2, 3], 'id 1 has no box'),
    (('annotations', 0, 'bbox'), [1, 2, float('nan'), 4], 'id 1 has no box'),
    (('annotations', 0, 'bbox'), [1, 2, 0, 4], 'id 1 has no box'),
    (('annotations', 0, 'bbox'), [1, '2', 3, 4], 'id 1 has no box'),
    (('annotations', 0, 'description_ids'), 9, 'description_ids must be a list of'),
    (('annotations', 0, 'image_id'), [1], 'image_id must be a number, not'),
    (('annotations', 0, 'bbox'), 'left', 'id 1: bbox must be a list, not'),
    (('annotations', 1, 'description_ids'), [4], 'image 3 is not asked for 4'),
    (('annotations', 1), 'an object', 'annotations, item 2 has no id'),
    (('descriptions',), {}, 'is no file of OmniLabel'),
    ((), [], 'is no file of OmniLabel'),
)  # fmt: skip


@pytest.mark.parametrize('place, value, message', FAULTS)
def test_a_fault_is_named_in_one_line(
    place: tuple, value: object, message: str, tmp_path: Path
) -> None:
    content = deepcopy(CONTENT)
    inner = content
    for key in place[:-1]:
        inner = inner[key]
    if place:
        inner[place[-1]] = value
    file = write(tmp_path, content if place else value)
    with pytest.raises(ValueError, match=message) as error:
        read_omnilabel(str(file))
    assert str(file) in str(error.value) and '\n' not in str(error.value)

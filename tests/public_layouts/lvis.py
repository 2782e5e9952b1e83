"""LVIS v1 as published: COCO's images by their URL, federated annotations."""

import json
from itertools import count
from pathlib import Path

from mmdet.datasets import LVISV1Dataset

from tests.public_layouts.coco import IMAGE_IDS, image_entry
from tests.public_layouts.scenes import SCENES, write_image, write_json

NAMES = LVISV1Dataset.METAINFO['classes']
NAME_OF = {'car': 'car_(automobile)'}  # LVIS's name of a thing, where it differs
# The images of each file; those of val are also of COCO's train2017.
FILES = {
    'lvis_v1_train.json': 'train2017',
    'lvis_v1_val.json': 'val2017',
    'lvis_v1_minival_inserted_image_name.json': 'val2017',
}


def write_lvis(data: Path) -> None:
    """Write ``data/lvis_v1``."""
    root = data / 'lvis_v1'
    answer = json.dumps(dict(type='thing', description='small; round'))
    described = [dict(object=name, gpt3_output=f'\n\n{answer}') for name in NAMES]
    write_json(root / 'lvis_v1.description.v1.json', described)  # DesCo's
    for name, split in FILES.items():
        content = lvis_file(split)
        if 'inserted_image_name' in name:
            for image in content['images']:
                image['file_name'] = image['coco_url'].rpartition('/')[2]
        write_json(root / 'annotations' / name, content)
        for image, scene in zip(content['images'], SCENES):
            write_image(root / '/'.join(image['coco_url'].split('/')[-2:]), scene.size)


def lvis_file(split: str) -> dict:
    """Make a file of three images; no crowds, no file names."""
    numbers = count(1)
    images, annotations = [], []
    for place, (image_id, scene) in enumerate(zip(IMAGE_IDS[split], SCENES)):
        # The last image of val comes from COCO's training images.
        moved = split == 'val2017' and place == 2
        image = image_entry('train2017' if moved else split, image_id, scene)
        del image['file_name']
        image.update(
            neg_category_ids=[place + 1, place + 2], not_exhaustive_category_ids=[1000]
        )
        images.append(image)
        for thing in scene.things:
            name = NAME_OF.get(thing.name, thing.name)
            annotations.append(
                dict(
                    area=thing.box[2] * thing.box[3] * 0.75,
                    id=next(numbers),
                    segmentation=[thing.polygon],
                    image_id=image_id,
                    bbox=list(thing.box),
                    category_id=NAMES.index(name) + 1,
                )
            )
    categories = [
        {
            'frequency': 'rcf'[number % 3], 'synset': f'{name}.n.01',
            'image_count': 1, 'id': number, 'synonyms': [name], 'def': name,
            'name': name, 'instance_count': 1,
        }
        for number, name in enumerate(NAMES, start=1)
    ]  # fmt: skip
    return dict(
        info={}, licenses=[], images=images, annotations=annotations,
        categories=categories,
    )  # fmt: skip

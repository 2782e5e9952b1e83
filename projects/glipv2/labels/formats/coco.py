"""COCO files: ``coco/SPLIT.json``, masks as RLE."""

import json
from collections.abc import Iterable
from typing import BinaryIO

from pycocotools import mask as rle

from ...whole_file import replaced
from ..job import LabelJob
from ..labelled import SPLITS, Images, Labelled


def write_coco(images: Images, names: list[str], job: LabelJob) -> None:
    """Write a COCO file for each split that has images.

    Args:
        images: The labelled images.
        names: Categories, numbered from 1.
        job: Whose folder gets the files.
    """
    for split in SPLITS:
        if all(image.split != split for image in images()):
            continue
        folder = job.out / 'coco'
        folder.mkdir(exist_ok=True)
        with replaced(folder / f'{split}.json') as file:
            _write_split(file, images, names, split)


def _write_split(file: BinaryIO, images: Images, names: list[str], split: str) -> None:
    chosen = [(number, name) for number, name in enumerate(names, 1)]
    ids = {name: number for number, name in chosen}
    file.write(b'{"images": [')
    _write_items(
        file,
        (
            dict(id=number, file_name=x.file_name, width=x.width, height=x.height)
            for number, x in _numbered(images, split)
        ),
    )
    file.write(b'],\n"annotations": [')
    _write_items(file, _annotations(images, ids, split))
    file.write(b'],\n"categories": [')
    _write_items(file, (dict(id=number, name=name) for number, name in chosen))
    file.write(b']}\n')


def _numbered(images: Images, split: str) -> Iterable[tuple[int, Labelled]]:
    return enumerate((image for image in images() if image.split == split), 1)


def _annotations(images: Images, ids: dict[str, int], split: str) -> Iterable[dict]:
    count = 0
    for image_id, image in _numbered(images, split):
        for each in image.objects:
            count += 1
            left, top, right, bottom = each['box']
            width, height = round(right - left, 2), round(bottom - top, 2)
            annotation = dict(
                id=count,
                image_id=image_id,
                category_id=ids[each['name']],
                bbox=[left, top, width, height],
                area=round(width * height, 2),
                iscrowd=0,
                score=each['score'],
            )
            if 'mask' in each:
                annotation['segmentation'] = each['mask']
                annotation['area'] = int(rle.area(each['mask']))
            yield annotation


def _write_items(file: BinaryIO, items: Iterable[dict]) -> None:
    for number, item in enumerate(items):
        file.write(b',\n' if number else b'\n')
        file.write(json.dumps(item, ensure_ascii=False).encode())

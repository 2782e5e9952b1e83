"""Detection sets of pre-training, as published, and the ODVG lines made of them."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from mmdet.datasets import Objects365V1Dataset, Objects365V2Dataset

from tests.public_layouts.coco import IDS, instances
from tests.public_layouts.scenes import (
    SCENES,
    corners,
    write_image,
    write_json,
    write_lines,
)

OPEN_IMAGES = (
    *('ImageID', 'Source', 'LabelName', 'Confidence', 'XMin', 'XMax', 'YMin', 'YMax'),
    *('IsOccluded', 'IsTruncated', 'IsGroupOf', 'IsDepiction', 'IsInside'),
    *('XClick1X', 'XClick2X', 'XClick3X', 'XClick4X'),
    *('XClick1Y', 'XClick2Y', 'XClick3Y', 'XClick4Y'),
)
OPEN_IMAGES_NAMES = {
    '/m/0bt9lr': 'dog',
    '/m/0k4j': 'car',
    '/m/02p5f1q': 'cup',
    '/m/04ctx': 'knife',
}


def write_detection_sets(data: Path) -> None:
    """Write Objects365 v1 and v2, OpenImages, Visual Genome, ImageNet, COCO's lines."""
    write_objects365(data)
    write_open_images(data / 'OpenImages')
    for folder, stem in (('visual_genome', 'vg'), ('imagenet_boxes', 'imagenet_boxes')):
        names = ['dog', 'car', 'cup', 'knife']
        files = [f'{2300000 + number}.jpg' for number in range(len(SCENES))]
        root = data / folder
        coco_like(root / f'{stem}_train.json', root / 'images', files, names)
        odvg(root / f'{stem}_train_od.jsonl', root / f'{stem}_label_map.json',
             files, names)  # fmt: skip
    content = instances('train2017')
    odvg(
        data / 'coco/annotations/instances_train2017_od.json',
        data / 'coco/annotations/coco2017_label_map.json',
        [image['file_name'] for image in content['images']],
        list(IDS),
    )


def write_objects365(data: Path) -> None:
    """Write both versions; the second keeps images in folders ``patchN``."""
    root = data / 'objects365v1'
    names = list(Objects365V1Dataset.METAINFO['classes'])
    files = [f'obj365_train_{number:012d}.jpg' for number in (1, 2, 3)]
    coco_like(root / 'objects365_train.json', root / 'train', files, names)
    odvg(root / 'o365v1_train_odvg.json', root / 'o365v1_label_map.json', files, names)
    root = data / 'objects365v2'
    names = list(Objects365V2Dataset.METAINFO['classes'])
    files = [f'patch{n}/objects365_v1_{n:08d}.jpg' for n in (1, 2, 3)]
    source = root / 'annotations/zhiyuan_objv2_train.json'
    coco_like(source, root / 'train', files, names, prefix='images/v1/')
    odvg(
        root / 'annotations/zhiyuan_objv2_train_od.json',
        root / 'annotations/o365v2_label_map.json', files, names,
    )  # fmt: skip


def coco_like(
    path: Path, images: Path, files: Sequence[str], names: Sequence[str],
    prefix: str = '',
) -> None:  # fmt: skip
    """Write a COCO-format file of all scenes, and its images.

    Args:
        path: The file.
        images: Folder of the images.
        files: Their names below it.
        names: Of the categories; the first has number 1.
        prefix: What the file puts before the images' names.
    """
    entries, annotations = [], []
    for number, (file, scene) in enumerate(zip(files, SCENES), start=1000):
        write_image(images / file, scene.size)
        width, height = scene.size
        entries.append(
            dict(id=number, file_name=prefix + file, height=height, width=width)
        )
        annotations += [
            dict(
                id=len(annotations) + place, image_id=number, iscrowd=0,
                category_id=label_of(thing.name, names) + 1, bbox=list(thing.box),
                area=thing.box[2] * thing.box[3],
            )
            for place, thing in enumerate(scene.things, start=1)
        ]  # fmt: skip
    categories = [dict(id=i, name=name) for i, name in enumerate(names, start=1)]
    write_json(
        path, dict(images=entries, annotations=annotations, categories=categories)
    )


def odvg(
    lines: Path, label_map: Path, files: Sequence[str], names: Sequence[str]
) -> None:
    """Write ODVG lines and a label map, as the converters do."""
    records = []
    for file, scene in zip(files, SCENES):
        found = [
            dict(
                bbox=corners(thing.box), label=label_of(thing.name, names),
                category=names[label_of(thing.name, names)],
            )
            for thing in scene.things
        ]  # fmt: skip
        width, height = scene.size
        records.append(
            dict(filename=file, height=height, width=width,
                 detection=dict(instances=found))
        )  # fmt: skip
    write_lines(lines, records)
    write_json(label_map, {str(label): name for label, name in enumerate(names)})


def label_of(name: str, names: Sequence[str]) -> int:
    """Find a thing's category, whatever its capitals."""
    return [each.lower() for each in names].index(name)


def write_open_images(root: Path) -> None:
    """Write version 6: boxes in tables, relative to the image."""
    folder = root / 'annotations'
    folder.mkdir(parents=True)
    with open(folder / 'class-descriptions-boxable.csv', 'w', newline='') as file:
        csv.writer(file).writerows(OPEN_IMAGES_NAMES.items())
    codes = {name: code for code, name in OPEN_IMAGES_NAMES.items()}
    names = list(codes)
    files = [f'{number:016x}.jpg' for number in (1, 2, 3)]
    with open(folder / 'oidv6-train-annotations-bbox.csv', 'w', newline='') as file:
        table = csv.writer(file)
        table.writerow(OPEN_IMAGES)
        for name, scene in zip(files, SCENES):
            write_image(root / 'OpenImages/train' / name, scene.size)
            for thing in scene.things:
                left, top, right, bottom = corners(thing.box)
                width, height = scene.size
                place = (left / width, right / width, top / height, bottom / height)
                table.writerow(
                    [name.removesuffix('.jpg'), 'xclick', codes[thing.name], 1, *place,
                     *[0] * 5, *[-1] * 8]
                )  # fmt: skip
    odvg(
        folder / 'oidv6-train-annotations_od.json',
        folder / 'openimages_label_map.json', files, names,
    )  # fmt: skip


def read_lines(path: Path) -> list[dict]:
    """Read a file of JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]

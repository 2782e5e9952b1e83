"""COCO annotation files as ODVG lines."""

import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from mmengine.logging import print_log

from ..progress import progress
from ..structures.corners import corners_of
from ..whole_file import replaced, write_whole
from .bad_items import ON_BAD
from .coco import CocoFile, read_coco_file


def coco_to_odvg(
    source: Path,
    out: Path,
    label_map: Path,
    images: Path | None = None,
    on_bad: str = 'error',
    cut_folders: Sequence[str] = (),
) -> tuple[int, int]:
    """Write a COCO file's images as lines, and its categories as a label map.

    Labels are the places of the categories in the file. Crowds and ``ignore`` boxes,
    which lines cannot mark, are left out.

    Args:
        source: Any COCO annotation file.
        out: The lines, for ``StreamingODVGDataset``.
        label_map: Names by label.
        images: Folder of the images, where missing sizes are read.
        on_bad: ``'error'``: a bad entry or box stops the run; ``'skip'``: it is left
            out, and counted in the log.
        cut_folders: Beginnings of file names that are cut off.

    Returns:
        Number of images and of boxes.

    Raises:
        OSError: If a file cannot be read or written.
        ValueError: If an entry is wrong (names it).
    """
    if on_bad not in ON_BAD:
        raise ValueError(f'on_bad must be one of {ON_BAD}, not {on_bad!r}')
    coco = read_coco_file(
        str(source), image_root=None if images is None else str(images)
    )
    coco.log_repairs()
    if on_bad == 'error':
        coco.refuse_faults()
        coco.refuse_bad_boxes()
    elif coco.faults or coco.bad_boxes:
        left_out = len(coco.faults) + coco.drop_bad_boxes()
        print_log(
            f'{source}: left out {left_out} bad entries', 'current', logging.WARNING
        )
    for path in (out, label_map):
        path.parent.mkdir(parents=True, exist_ok=True)
    names = {str(label): name for label, name in enumerate(coco.class_names)}
    write_whole(label_map, json.dumps(names).encode())
    boxes = 0
    instances = _instances(coco)
    with replaced(out) as file:
        images = coco.content['images']
        for image in progress(images, 'Images', len(images)):
            own = instances.get(image['id'], [])
            boxes += len(own)
            record = dict(
                filename=_name(image, source, cut_folders),
                height=image['height'],
                width=image['width'],
                detection=dict(instances=own),
            )
            file.write(json.dumps(record).encode() + b'\n')
    return len(coco.content['images']), boxes


def _instances(coco: CocoFile) -> dict[object, list[dict]]:
    """List the boxes of each image."""
    names = {
        category['id']: category['name'] for category in coco.content['categories']
    }
    labels = {number: label for label, number in enumerate(names)}
    found = defaultdict(list)
    for entry in coco.content['annotations']:
        if entry.get('iscrowd') or entry.get('ignore'):
            continue
        found[entry['image_id']].append(
            dict(
                bbox=corners_of([float(x) for x in entry['bbox']]),
                label=labels[entry['category_id']],
                category=names[entry['category_id']],
            )
        )
    return found


def _name(image: dict, source: Path, cut_folders: Sequence[str]) -> str:
    if image['height'] is None or image['width'] is None:
        raise ValueError(
            f'{source}: image {image["id"]} lacks height and width; give --images, the '
            'folder of the images, to read them'
        )
    name = image['file_name']
    for folder in cut_folders:
        name = name.removeprefix(folder)
    return name

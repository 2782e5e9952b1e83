"""Results as a COCO file."""

import json
from collections.abc import Iterable
from typing import TextIO

from pycocotools import mask as coco_mask

from ..record import Record


def write_coco(records: Iterable[Record], stream: TextIO) -> None:
    """Write images, categories and annotations, when the last record is there.

    Categories are numbered from 1 in the order of the text's names. Images that failed
    are left out: their size is unknown.

    Args:
        records: Of images and frames with boxes.
        stream: Where to.
    """
    ids: dict[str, int] = {}
    images, annotations = [], []
    for record in records:
        if record.error is not None:
            continue
        image = dict(
            id=len(images) + 1,
            file_name=record.file_name,
            width=record.width,
            height=record.height,
        )
        if record.frame is not None:
            image.update(frame=record.frame, seconds=record.seconds)
        images.append(image)
        for name in (*record.names, *record.found['label_names']):
            ids.setdefault(name, len(ids) + 1)
        for row, name in enumerate(record.found['label_names']):
            annotations.append(
                dict(
                    id=len(annotations) + 1,
                    image_id=image['id'],
                    category_id=ids[name],
                    **_shape_of(record.found, row),
                    iscrowd=0,
                    score=record.found['scores'][row],
                )
            )
    categories = [dict(id=number, name=name) for name, number in ids.items()]
    whole = dict(images=images, annotations=annotations, categories=categories)
    json.dump(whole, stream, ensure_ascii=False)
    stream.write('\n')


def _shape_of(found: dict, row: int) -> dict:
    """Describe a box (x, y, width, height in px), and its mask if it has one."""
    left, top, right, bottom = found['bboxes'][row]
    box = [left, top, right - left, bottom - top]
    if 'masks' not in found:
        return dict(bbox=box, area=box[2] * box[3])
    mask = found['masks'][row]
    return dict(bbox=box, area=int(coco_mask.area(mask)), segmentation=mask)

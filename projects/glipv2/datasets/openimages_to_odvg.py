"""OpenImages' tables of boxes as ODVG lines."""

import csv
import json
import logging
from collections.abc import Mapping
from itertools import groupby
from math import isfinite
from operator import itemgetter
from pathlib import Path

from mmengine.logging import print_log

from ..progress import progress
from ..whole_file import replaced, write_whole
from .bad_items import ON_BAD
from .images.image_header import read_image_size

Row = Mapping[str, str]


def openimages_to_odvg(
    boxes: Path,
    names: Path,
    images: Path,
    out: Path,
    label_map: Path,
    on_bad: str = 'error',
) -> tuple[int, int]:
    """Write a line for each image that has a box.

    Labels are the rows of the table of names. Boxes of groups, which lines cannot mark,
    are left out, and images without another.

    Args:
        boxes: Such as ``oidv6-train-annotations-bbox.csv``; rows of an image together.
        names: Such as ``class-descriptions-boxable.csv``.
        images: Folder of the images, whose sizes are read.
        out: The lines, for ``StreamingODVGDataset``.
        label_map: Names by label.
        on_bad: ``'error'``: an image that cannot be read, or a wrong row, stops the
            run; ``'skip'``: the image is left out, and counted in the log.

    Returns:
        Number of images and of boxes.

    Raises:
        OSError: If a file cannot be read or written.
        ValueError: If a row or a table is wrong (names it).
    """
    if on_bad not in ON_BAD:
        raise ValueError(f'on_bad must be one of {ON_BAD}, not {on_bad!r}')
    name_of = _read_names(names)
    for path in (out, label_map):
        path.parent.mkdir(parents=True, exist_ok=True)
    labelled = {str(label): name for label, name in name_of.values()}
    write_whole(label_map, json.dumps(labelled).encode())
    lines = written = left_out = 0
    with (
        open(boxes, newline='', encoding='utf-8-sig') as table,
        replaced(out) as file,
    ):
        rows = csv.DictReader(table)
        if not {'ImageID', 'LabelName', 'XMin', 'YMax'} <= {*(rows.fieldnames or ())}:
            raise ValueError(f'{boxes} is no table of boxes: {rows.fieldnames}')
        grouped = groupby(rows, itemgetter('ImageID'))
        for image, own in progress(grouped, 'Images'):
            single = [row for row in own if row.get('IsGroupOf') != '1']
            if not single:
                continue
            path = images / f'{image}.jpg'
            try:
                height, width = read_image_size(str(path))
                found = [_instance(row, name_of, height, width) for row in single]
            except (KeyError, TypeError, ValueError, OSError) as error:
                if on_bad == 'skip':
                    left_out += 1
                    continue
                if isinstance(error, OSError):
                    raise
                what = f'{boxes}, image {image}: a wrong row ({error!r})'
                raise ValueError(what) from error
            found = [each for each in found if each is not None]
            if not found:
                continue
            record = dict(
                filename=path.name,
                height=height,
                width=width,
                detection=dict(instances=found),
            )
            file.write(json.dumps(record).encode() + b'\n')
            lines, written = lines + 1, written + len(found)
    if left_out:
        what = f'{boxes}: left out {left_out} images that cannot be used'
        print_log(what, 'current', logging.WARNING)
    return lines, written


def _read_names(path: Path) -> dict[str, tuple[int, str]]:
    """Read label and name of each code."""
    with open(path, newline='', encoding='utf-8-sig') as table:
        rows = [row for row in csv.reader(table) if row]
    rows = [row for row in rows if row[0] != 'LabelName']  # later versions' head
    if any(len(row) != 2 for row in rows) or not rows:
        raise ValueError(f'{path} is no table of codes and names')
    return {code: (label, name) for label, (code, name) in enumerate(rows)}


def _instance(
    row: Row, name_of: Mapping[str, tuple[int, str]], height: int, width: int
) -> dict | None:
    """Read a box, whose corners are shares of the image; None without an area."""
    label, name = name_of[row['LabelName']]
    corners = [
        float(row[key]) * side
        for key, side in zip(
            ('XMin', 'YMin', 'XMax', 'YMax'), (width, height, width, height)
        )
    ]
    if not all(map(isfinite, corners)):
        raise ValueError(f'corners {corners}')
    x1, x2 = (min(max(x, 0.0), float(width)) for x in corners[0::2])
    y1, y2 = (min(max(y, 0.0), float(height)) for y in corners[1::2])
    if x2 <= x1 or y2 <= y1:
        return None
    return dict(bbox=[x1, y1, x2, y2], label=label, category=name)

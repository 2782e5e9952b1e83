"""What was corrected in Label Studio, as a COCO file."""

import json
from collections.abc import Mapping, Sequence
from math import cos, radians, sin
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
from PIL import Image

from ..whole_file import write_whole
from .formats.labelstudio import PERCENT, PLACE

SHAPES = dict(rectanglelabels='a box', polygonlabels='a polygon')
# Results without a shape, such as choices and texts; they belong to the task.
WITHOUT_SHAPE = ('choices', 'taxonomy', 'textarea', 'rating', 'number', 'labels')


def labelstudio_to_coco(
    export: Path,
    out: Path,
    names: Sequence[str] = (),
    images: Path | None = None,
    keep_predictions: bool = False,
) -> tuple[int, int]:
    """Read Label Studio's JSON export.

    Of a task the last annotation counts that was not cancelled.

    Args:
        export: The file (JSON, not JSON-MIN).
        out: COCO file to write.
        names: Categories, in this order; else those that occur, in their order.
        images: Folder of the images, for sizes that the export lacks.
        keep_predictions: Whether tasks without an annotation keep their predictions;
            else they are left out.

    Returns:
        How many images and boxes were written.

    Raises:
        OSError: If a file is missing.
        ValueError: If the file is no such export, or has shapes or names that cannot
            be written (names the task).
    """
    try:
        tasks = json.loads(export.read_text(encoding='utf-8-sig'))
    except ValueError as error:
        raise ValueError(f'{export} is no JSON: {error}') from error
    if not isinstance(tasks, list) or any('data' not in task for task in tasks):
        raise ValueError(f'{export} is no JSON export of Label Studio: it needs tasks')
    ids = {name: number for number, name in enumerate(names, 1)}
    written: dict[str, list] = dict(images=[], annotations=[])
    for number, task in enumerate(tasks):
        result = _result_of(task, keep_predictions)
        if result is None:
            continue
        try:
            image = _image_of(task['data'], result, images)
            shapes = [_shape_of(each) for each in result if _has_shape(each)]
            for name, _ in shapes:
                if names and name not in ids:
                    raise ValueError(f'{name!r} is none of the names')
                ids.setdefault(name, len(ids) + 1)
        except (KeyError, TypeError, ValueError) as error:
            reason = f'it lacks {error}' if isinstance(error, KeyError) else error
            raise ValueError(
                f'{export}, task {task.get("id", number)}: {reason}'
            ) from error
        image_id = len(written['images']) + 1
        written['images'].append(dict(image, id=image_id))
        for name, corners in shapes:
            written['annotations'].append(
                dict(
                    id=len(written['annotations']) + 1,
                    image_id=image_id,
                    category_id=ids[name],
                    iscrowd=0,
                    **_coco_shape(corners, image['width'], image['height']),
                )
            )
    categories = [dict(id=number, name=name) for name, number in ids.items()]
    content = json.dumps(dict(written, categories=categories), ensure_ascii=False)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, content.encode() + b'\n')
    return len(written['images']), len(written['annotations'])


def _result_of(task: Mapping, keep_predictions: bool) -> list[dict] | None:
    """Find what counts of a task; None if it is left out."""
    given = task.get('annotations', ())
    done = [each for each in given if not each.get('was_cancelled')]
    if done:
        return done[-1]['result']
    if keep_predictions and not given and task.get('predictions'):
        return task['predictions'][-1]['result']
    return None


def _image_of(data: Mapping, result: Sequence[Mapping], images: Path | None) -> dict:
    """Name an image and its size (px)."""
    name = data.get('file_name') or unquote(str(data['image']).split(PLACE)[-1])
    size = next(
        (
            (each['original_width'], each['original_height'])
            for each in result
            if 'original_width' in each
        ),
        (data.get('width'), data.get('height')),
    )
    if not all(size):
        if images is None:
            raise ValueError(
                f'the size of {name} is not known; give the folder of the images'
            )
        with Image.open(images / name) as image:
            size = image.size
    return dict(file_name=name, width=int(size[0]), height=int(size[1]))


def _has_shape(result: Mapping) -> bool:
    kind = result['type']
    if kind not in SHAPES and kind not in WITHOUT_SHAPE:
        raise ValueError(f'{kind} is neither {" nor ".join(SHAPES.values())}')
    return kind in SHAPES


def _shape_of(result: Mapping) -> tuple[str, np.ndarray]:
    """Read a name and the corners (K, 2) of its shape, in shares of the image."""
    value: Mapping[str, Any] = result['value']
    (name,) = value[result['type']]
    if result['type'] == 'polygonlabels':
        return name, np.array(value['points'], float) / PERCENT
    x, y, width, height = (value[key] for key in ('x', 'y', 'width', 'height'))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    angle = radians(value.get('rotation') or 0)
    if angle:
        # It turns about the upper left corner, in pixels, not in per cent.
        scale = np.array([result['original_width'], result['original_height']])
        turn = np.array([[cos(angle), sin(angle)], [-sin(angle), cos(angle)]])
        corners = (corners * scale) @ turn / scale
    return name, (corners + np.array([x, y])) / PERCENT


def _coco_shape(corners: np.ndarray, width: int, height: int) -> dict:
    """Write a box, and the corners where they are no upright box."""
    points = np.clip(corners, 0, 1) * (width, height)
    (left, top), (right, bottom) = points.min(0), points.max(0)
    box = [round(float(x), 2) for x in (left, top, right - left, bottom - top)]
    shape: dict[str, object] = dict(bbox=box, area=round(box[2] * box[3], 2))
    sides = np.isclose(points, points.min(0)) | np.isclose(points, points.max(0))
    is_box = len(points) == 4 and bool(sides.all())
    if not is_box:
        x, y = points.T
        area = abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1))) / 2
        shape.update(
            segmentation=[points.round(2).ravel().tolist()], area=round(area, 2)
        )
    return shape

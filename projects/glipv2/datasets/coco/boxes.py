"""Boxes, areas and crowd flags of an annotation file."""

from itertools import chain
from math import isfinite
from typing import Any

import numpy as np
from pycocotools import mask as rle

from ..segmentation import canonical_segmentation
from .findings import Findings

# A box must end before, pixels: no image does (MOST_SIDE), and beyond some 16 million
# float32 has no fractions, and no finite area far beyond.
FARTHEST = 1e6


def read_boxes(annotations: list[dict], findings: Findings) -> np.ndarray:
    """Read all boxes.

    Args:
        annotations: Annotations with ``bbox``: ``[x, y, width, height]``, pixels.
            Numbers that are written as text become numbers, in place.
        findings: Receives repairs.

    Returns:
        (n, 4) float64; NaN for what is no box of four numbers.
    """
    boxes = [entry['bbox'] for entry in annotations]
    try:
        flat = list(chain.from_iterable(boxes))
        if set(map(len, boxes)) <= {4} and set(map(type, flat)) <= {int, float}:
            return np.array(flat, np.float64).reshape(-1, 4)
    except (TypeError, OverflowError):
        pass
    read = np.full((len(boxes), 4), np.nan)
    for index, box in enumerate(boxes):
        if not isinstance(box, (list, tuple)) or len(box) != 4:
            continue
        if any(isinstance(number, str) for number in box):
            box = [_number_of(number) for number in box]
            if None not in box:
                annotations[index]['bbox'] = box
                findings.repairs['read the text of {} boxes as numbers'] += 1
        # Some writers save NaN as null.
        if all(type(number) in (int, float) for number in box):
            read[index] = [_as_float(number) for number in box]
    return read


def find_bad_boxes(
    boxes: np.ndarray, frames: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find boxes that cannot be used.

    Args:
        boxes: (n, 4) x, y, width, height, pixels.
        frames: (n, 2) width and height of their images.

    Returns:
        Which are not finite, beyond ``FARTHEST`` or without area, and which others
        lie outside their image: (n,) bool each.
    """
    with np.errstate(over='ignore', invalid='ignore'):
        ends = boxes[:, :2] + boxes[:, 2:]
        # NaN is not within either.
        bad = ~(np.abs(np.hstack([boxes, ends])) <= FARTHEST).all(1)
        bad |= (boxes[:, 2:] <= 0).any(1)
        outside = ~bad & ((ends <= 0) | (boxes[:, :2] >= frames)).any(1)
    return bad, outside


def fill_flags(annotations: list[dict], findings: Findings) -> None:
    """Make ``iscrowd`` 0 or 1; 0 where it is missing.

    Args:
        annotations: The annotations, changed in place.
        findings: Receives repairs.
    """
    for entry in annotations:
        flag = entry.get('iscrowd')
        if type(flag) is int and flag in (0, 1):
            continue
        entry['iscrowd'] = int(str(flag).strip().lower() in ('1', '1.0', 'true'))
        if flag is not None:  # LVIS has none
            findings.repairs['read iscrowd of {} annotations as 0 or 1'] += 1


def fill_areas(
    annotations: list[dict], boxes: np.ndarray, images: dict, findings: Findings
) -> None:
    """Compute areas that are not numbers above 0: of the mask, or else of the box.

    Args:
        annotations: The annotations, changed in place.
        boxes: (n, 4) their boxes, pixels.
        images: By id.
        findings: Receives repairs.
    """
    for index, entry in enumerate(annotations):
        area: Any = entry.get('area')
        if type(area) in (int, float) and area > 0 and isfinite(_as_float(area)):
            continue
        computed = _area_of_mask(entry, images[entry['image_id']])
        if computed is None:
            computed = float(boxes[index, 2] * boxes[index, 3])
        entry['area'] = computed
        findings.repairs['computed the area of {} annotations'] += 1


def _area_of_mask(entry: dict, image: dict) -> float | None:
    height, width = image['height'], image['width']
    if not entry.get('segmentation') or not height or not width:
        return None
    try:
        mask = canonical_segmentation(entry['segmentation'], height, width)
    except ValueError:
        return None  # whoever uses masks says so
    if mask is None:
        return None
    if isinstance(mask, list):
        mask = rle.merge(rle.frPyObjects(mask, height, width))
    return float(rle.area(mask)) or None


def _number_of(value: object) -> object:
    """Read a number that is written as text; others stay; None: no number."""
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return None


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return np.inf

"""Boxes of an image's tiles put together, so that no border is seen in them.

supervision's ``InferenceSlicer`` compares whole boxes, so that two halves of an object
stay two boxes, or neighbours become one. Here a box that a border cuts is known to be a
part: a box that is whole in another view replaces it, or else parts that are the same
where both views look become one box.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from mmdet.evaluation.functional import bbox_overlaps
from pycocotools import mask as rle

from .filters import best_of_places
from .tiles import View

SAME_BOX = 0.5  # IoU of boxes of an object in two views; our choice
INSIDE = 0.7  # of a part's area in the whole box that replaces it; our choice

Part = tuple[View, dict]


def join_tiles(views: Sequence[View], found: Sequence[list[dict]]) -> list[dict]:
    """Put the objects of an image's views together.

    Args:
        views: Of :func:`tiles.views_of`.
        found: Per view its objects; boxes and masks are those of the view.

    Returns:
        Objects of the image, best first.
    """
    by_name: dict[str, list[Part]] = defaultdict(list)
    for view, objects in zip(views, found):
        for each in objects:
            by_name[each['name']].append((view, _moved(each, view)))
    joined = [each for parts in by_name.values() for each in _join(parts)]
    return sorted(joined, key=lambda each: -each['score'])


def _join(parts: Sequence[Part]) -> list[dict]:
    """Join the boxes of a name."""
    whole = [each for view, each in parts if not view.cuts(each['box'])]
    cut = [
        (view, each)
        for view, each in parts
        if view.cuts(each['box']) and not _is_inside_one(each, whole)
    ]
    whole += [_union(group) for group in _groups(cut)]
    return best_of_places(sorted(whole, key=lambda each: -each['score']), SAME_BOX)


def _is_inside_one(part: dict, whole: Sequence[dict]) -> bool:
    shares = _overlaps([part['box']], [each['box'] for each in whole], 'iof')
    return bool((shares > INSIDE).any())


def _groups(parts: Sequence[Part]) -> list[list[dict]]:
    """Sort parts by object."""
    groups: list[list[Part]] = []
    for part in parts:
        same = [g for g in groups if any(_is_one_object(part, other) for other in g)]
        groups = [group for group in groups if group not in same]
        groups.append([part, *(other for group in same for other in group)])
    return [[each for _, each in group] for group in groups]


def _is_one_object(one: Part, other: Part) -> bool:
    """Compare two parts where both views look."""
    shared = _intersection(one[0].box, other[0].box)
    boxes = [_intersection(each['box'], shared) for _, each in (one, other)]
    if one[0] is other[0] or any(x1 >= x2 or y1 >= y2 for x1, y1, x2, y2 in boxes):
        return False
    return bool(_overlaps(boxes[:1], boxes[1:]).max() > SAME_BOX)


def _intersection(one: Sequence[float], other: Sequence[float]) -> list[float]:
    lows = [max(a, b) for a, b in zip(one[:2], other[:2])]
    return lows + [min(a, b) for a, b in zip(one[2:], other[2:])]


def _union(parts: Sequence[dict]) -> dict:
    boxes = np.array([each['box'] for each in parts])
    best = max(parts, key=lambda each: each['score'])
    box = [*boxes[:, :2].min(0).tolist(), *boxes[:, 2:].max(0).tolist()]
    joined = dict(best, box=box)
    if 'mask' in best:
        joined['mask'] = _text_of(rle.merge([each['mask'] for each in parts]))
    return joined


def _overlaps(one: list, other: list, mode: str = 'iou') -> np.ndarray:
    sides = [np.array(each, np.float32).reshape(-1, 4) for each in (one, other)]
    return bbox_overlaps(*sides, mode=mode)


def _moved(found: dict, view: View) -> dict:
    """Give an object its place in the image."""
    left, top, right, bottom = view.box
    x1, y1, x2, y2 = found['box']
    box = [round(x, 2) for x in (x1 + left, y1 + top, x2 + left, y2 + top)]
    moved = dict(found, box=box)
    if 'mask' in found and (right - left, bottom - top) != (view.width, view.height):
        moved['mask'] = _moved_mask(found['mask'], view)
    return moved


def _moved_mask(mask: dict, view: View) -> dict:
    """Place a tile's mask in the image, column by column as COCO's RLE goes."""
    left, top, right, _ = view.box
    small = rle.decode(mask)
    columns = np.zeros((view.height, right - left), np.uint8)
    columns[top : top + len(small)] = small
    pixels = columns.ravel('F')
    changes = np.flatnonzero(np.diff(pixels, prepend=0, append=0))
    # The first run is of zeros, whatever comes before the tile.
    ends = [*(changes + left * view.height).tolist(), view.width * view.height]
    counts = np.diff(ends, prepend=0).tolist()
    size = [view.height, view.width]
    return _text_of(rle.frPyObjects(dict(size=size, counts=counts), *size))


def _text_of(mask: dict) -> dict:
    return dict(size=list(map(int, mask['size'])), counts=mask['counts'].decode())

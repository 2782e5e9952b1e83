"""One object's segmentation in any form that COCO files have, checked and normalised.

pycocotools takes all memory for coordinates that are not finite or are huge, and reads
counts that do not fill the image, so nothing reaches it unchecked.
"""

import numpy as np
from pycocotools import mask as rle

LEAST_NUMBERS = 6  # of a polygon: three points
MOST_BITS = 60  # of a number of an RLE: more pixels than any image has


def canonical_segmentation(
    value: object, height: int, width: int
) -> list[list[float]] | dict | None:
    """Check and normalise a segmentation.

    Args:
        value: What the file has: polygons, each ``[x, y, x, y, ...]`` or pairs, or one
            of them alone; RLE with a list, str or bytes of counts; or nothing.
        height: Height of the image, pixels.
        width: Width of the image, pixels.

    Returns:
        Polygons, pixels, each of three points or more; an RLE with ``size`` and
        ``counts`` (str, compressed); None: no mask (absent, null or empty).

    Raises:
        ValueError: If it is bad; the text goes on with "the mask ...".
    """
    if value is None or (isinstance(value, (list, tuple, dict)) and not value):
        return None
    if isinstance(value, dict):
        return _canonical_rle(value, height, width)
    if not isinstance(value, (list, tuple)):
        raise ValueError(f'is neither polygons nor an RLE, but {_shown(value)}')
    polygons = [_flat(part) for part in _parts(value)]
    for polygon in polygons:
        _check_polygon(polygon, height, width)
    return [polygon.tolist() for polygon in polygons] or None


def _parts(value: list | tuple) -> list:
    """Find the polygons: the list may be one polygon itself, of numbers or points."""
    lists = [part for part in value if isinstance(part, (list, tuple))]
    if not lists and any(part is not None for part in value):
        return [value]
    is_points = all(len(part) == 2 and _is_flat(part) for part in lists)
    if is_points and len(lists) == len(value):
        return [value]
    return [part for part in value if part is not None and part not in ([], ())]


def _is_flat(part: list | tuple) -> bool:
    return not any(isinstance(number, (list, tuple)) for number in part)


def _flat(part: object) -> np.ndarray:
    try:
        numbers = np.asarray(part, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        numbers = None
    if numbers is None or numbers.ndim not in (1, 2):
        raise ValueError(f'has a polygon that is no list of numbers: {_shown(part)}')
    return numbers.reshape(-1)


def _check_polygon(polygon: np.ndarray, height: int, width: int) -> None:
    if not np.isfinite(polygon).all():
        raise ValueError('has a polygon with a number that is not finite')
    if len(polygon) < LEAST_NUMBERS or len(polygon) % 2:
        raise ValueError(
            f'has a polygon of {len(polygon)} numbers, but three points or more '
            'are needed, two numbers each'
        )
    # Boxes and polygons reach over the edge, by rounding or rotation, but not so far.
    margin = max(height, width)
    for places, side in ((polygon[0::2], width), (polygon[1::2], height)):
        if places.min() < -margin or places.max() > side + margin:
            raise ValueError(
                f'has a polygon that reaches from {places.min():g} to '
                f'{places.max():g}, but the image has {side} pixels there'
            )


def _canonical_rle(value: dict, height: int, width: int) -> dict:
    size, counts = value.get('size'), value.get('counts')
    if size is None and counts is None:
        raise ValueError('has no counts')
    try:
        sides = [int(side) for side in size]
    except (TypeError, ValueError, OverflowError):
        sides = size
    if sides != [height, width]:
        raise ValueError(f'is an RLE of {sides}, but the image has {[height, width]}')
    if counts in (None, [], '', b''):
        raise ValueError('has no counts')
    try:
        text = None
        if isinstance(counts, (list, tuple)):
            runs = [int(count) for count in counts]
        else:
            text = counts if isinstance(counts, bytes) else counts.encode('ascii')
            runs = _runs_of(text)
    except (AttributeError, TypeError, ValueError, OverflowError):
        runs = [-1]
    if min(runs) < 0 or sum(runs) != height * width:
        raise ValueError(
            'is an RLE with bad counts: they must be whole numbers that add up to '
            f'{height * width}, the pixels of the image, but are {_shown(counts)}'
        )
    if text is None:
        made = rle.frPyObjects({'size': sides, 'counts': runs}, height, width)
        text = made['counts']
    return {'size': sides, 'counts': text.decode('ascii')}


def _runs_of(text: bytes) -> list[int]:
    """Read compressed counts: pycocotools fills the rest of the mask with anything.

    Six bits a character from '0' on: five of the number, lowest first, and whether it
    goes on. From the fourth number on it is the difference from the one before last.
    """
    runs: list[int] = []
    number = shift = 0
    for character in text:
        bits = character - ord('0')
        if not 0 <= bits < 64 or shift > MOST_BITS:
            raise ValueError(f'{character} is no character of an RLE')
        number |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            number -= 1 << shift
        runs.append(number + runs[-2] if len(runs) > 2 else number)
        number = shift = 0
    if shift:
        raise ValueError('the last number is cut')
    return runs


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f'{text[:57]}...'

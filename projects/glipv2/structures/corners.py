"""Boxes by their corners, of COCO's boxes."""

from collections.abc import Sequence


def corners_of(box: Sequence[float]) -> list[float]:
    """Turn a box of COCO's into corners.

    Args:
        box: Left, top, width and height, pixels.

    Returns:
        Left, top, right and bottom, pixels.

    Raises:
        ValueError: If there are not four numbers.
    """
    left, top, width, height = box
    return [left, top, left + width, top + height]

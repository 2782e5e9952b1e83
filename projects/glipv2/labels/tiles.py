"""Tiles of an image that is much larger than the model's."""

from dataclasses import dataclass
from math import ceil

OVERLAP = 0.25  # least, of neighbouring tiles, of their side; our choice
EDGE = 0.01  # of a tile's side: a box that ends so near to its border is cut by it


@dataclass(frozen=True)
class View:
    """A part of an image that the model looks at.

    Args:
        box: Its sides in the image: left, top, right, bottom, px.
        width: Of the image, px.
        height: Of the image, px.
    """

    box: tuple[int, int, int, int]
    width: int
    height: int

    def cuts(self, box: list[float]) -> bool:
        """Tell whether a box may go on outside.

        Args:
            box: Of an object (xyxy, px of the image).
        """
        left, top, right, bottom = self.box
        near_x, near_y = EDGE * (right - left), EDGE * (bottom - top)
        return (
            (left > 0 and box[0] <= left + near_x)
            or (top > 0 and box[1] <= top + near_y)
            or (right < self.width and box[2] >= right - near_x)
            or (bottom < self.height and box[3] >= bottom - near_y)
        )


def views_of(width: int, height: int, side: int) -> list[View]:
    """Choose the views of an image: the whole one, and tiles if it is larger.

    Args:
        width: Of the image, px.
        height: Of the image, px.
        side: Of a tile, px; 0: no tiles.

    Returns:
        The whole image first; tiles are spread evenly.
    """
    views = [View((0, 0, width, height), width, height)]
    if side and max(width, height) > side:
        views += [
            View((x, y, min(x + side, width), min(y + side, height)), width, height)
            for y in _starts(height, side)
            for x in _starts(width, side)
        ]
    return views


def _starts(length: int, side: int) -> list[int]:
    steps = ceil(max(length - side, 0) / (side * (1 - OVERLAP)))
    return [round(step * (length - side) / steps) for step in range(steps)] + [
        max(length - side, 0)
    ]

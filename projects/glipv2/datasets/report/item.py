"""Samples to check, whatever the format of their data set."""

from dataclasses import dataclass, field
from typing import Any

from ...structures.corners import corners_of


@dataclass(frozen=True)
class Box:
    """A box as it is in the file.

    Args:
        where: Its name in the file ("annotation 7").
        xyxy: Four numbers, pixels, or whatever is there instead.
        mask: Polygons or RLE; None: no mask.
        is_crowd: Whether mask and box may differ.
    """

    where: str
    xyxy: object
    mask: list | dict | None = None
    is_crowd: bool = False


@dataclass(frozen=True)
class Item:
    """A sample as it is in the file.

    Args:
        where: File and item, for reports.
        path: Path of its image.
        size: Height and width in the file, pixels; None: not in the file.
        boxes: Its boxes.
        counted: Class names, phrases or answers, for the histogram.
        text: Its sentence; None: the data set's class names.
        phrases: Unchecked spans of the sentence by phrase.
        text_is_cut: Whether a sentence that is too long is cut, not refused.
    """

    where: str
    path: str
    size: tuple[int, int] | None = None
    boxes: list[Box] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)
    text: str | None = None
    phrases: dict[int, object] = field(default_factory=dict)
    text_is_cut: bool = False


def corners(xywh: Any) -> Any:
    """Turn COCO's xywh into xyxy; what is not a box is returned as it is."""
    try:
        return corners_of(xywh)
    except (TypeError, ValueError):
        return xywh

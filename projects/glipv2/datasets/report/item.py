"""What is checked of a sample, whatever the format of its data set."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Box:
    """A box as the file has it.

    Args:
        where: Its place in the file's words ("annotation 7").
        xyxy: Four numbers, pixels, or whatever stands there instead.
        mask: Polygons or RLE, where there is one.
        is_crowd: Whether mask and box may differ.
    """

    where: str
    xyxy: object
    mask: list | dict | None = None
    is_crowd: bool = False


@dataclass(frozen=True)
class Item:
    """A sample as its file has it.

    Args:
        where: File and place, for reports.
        path: Of its image.
        size: Height and width as stated, pixels; None: not stated.
        boxes: Its boxes.
        counted: What the histogram counts: class names, phrases or answers.
        text: Sentence; None: the data set's class names.
        phrases: Spans of the sentence by phrase, unchecked.
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


def corners(xywh: object) -> object:
    """Turn COCO's box into corners.

    Args:
        xywh: Box of an annotation.

    Returns:
        ``[x1, y1, x2, y2]``; what is no box stays as it is.
    """
    try:
        x, y, width, height = xywh
        return [x, y, x + width, y + height]
    except (TypeError, ValueError):
        return xywh

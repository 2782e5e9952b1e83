"""Boxes, masks and their labels on an image."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw

from .colours import Colour, ink_on
from .fonts import font_for
from .layout import Rectangle, place_labels

# Our choice: 800 px, the width of a page, show letters of 14 px and lines of 2.
LETTER_SHARE, LEAST_LETTER = 14 / 800, 9
LINE_SHARE = 2 / 800
TINT = 0.45  # how much of a mask's colour covers the image
SHORTEST = 6  # letters that an abbreviated name keeps at least


@dataclass(frozen=True)
class Marks:
    """What is drawn on an image; the first is the most important and drawn last.

    Args:
        boxes: (N, 4) xyxy, px.
        labels: (N,) number of the colour.
        names: (N,) label text.
        details: (N,) what follows the name if there is room, such as a score.
        masks: (N, H, W) bool, or None.
    """

    boxes: np.ndarray
    labels: Sequence[int]
    names: Sequence[str]
    details: Sequence[str]
    masks: np.ndarray | None = None


def letter_size(width: int, height: int) -> int:
    """Choose the size of letters for an image, px; they stay readable at 800 px."""
    return max(LEAST_LETTER, round(LETTER_SHARE * max(width, height)))


def draw_marks(
    image: np.ndarray,
    marks: Marks,
    colours: Sequence[Colour],
    taken: Sequence[Rectangle] = (),
) -> np.ndarray:
    """Draw masks, then boxes, then labels, each the most important last.

    Args:
        image: (H, W, 3) uint8 RGB.
        marks: What to draw.
        colours: By label.
        taken: Places where no label goes.

    Returns:
        A new image (H, W, 3) uint8 RGB.
    """
    drawn = np.array(image)
    height, width = drawn.shape[:2]
    line = max(1, round(LINE_SHARE * max(width, height)))
    rows = range(len(marks.boxes) - 1, -1, -1)
    if marks.masks is not None:
        for row in rows:
            _draw_mask(drawn, marks.masks[row], colours[marks.labels[row]], line)
    canvas = Image.fromarray(drawn)
    pen = ImageDraw.Draw(canvas)
    for row in rows:
        _draw_box(pen, marks.boxes[row], colours[marks.labels[row]], line, canvas.size)
    _draw_labels(pen, marks, colours, canvas.size, taken)
    return np.asarray(canvas)


def _draw_mask(image: np.ndarray, mask: np.ndarray, colour: Colour, line: int) -> None:
    """Tint a mask with soft edges and outline it, in place."""
    mask = np.ascontiguousarray(mask, np.uint8)
    x, y, width, height = cv2.boundingRect(mask)
    if not width:
        return
    edge = 2 * line + 1
    top, left = max(0, y - edge), max(0, x - edge)
    part = (slice(top, y + height + edge), slice(left, x + width + edge))
    shape = mask[part]
    soft = cv2.GaussianBlur(shape.astype(np.float32), (0, 0), 0.5 + line / 4)
    under = image[part].astype(np.float32)
    mixed = under + TINT * soft[..., None] * (np.array(colour, np.float32) - under)
    inside = np.ascontiguousarray(mixed.round().astype(np.uint8))
    outlines, _ = cv2.findContours(shape, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    cv2.polylines(inside, outlines, True, colour, max(1, line // 2), cv2.LINE_AA)
    image[part] = inside


def _draw_box(
    pen: ImageDraw.ImageDraw,
    box: np.ndarray,
    colour: Colour,
    line: int,
    image_size: tuple[int, int],
) -> None:
    """Outline a box, with a thin seam around it that shows on its own colour."""
    right, bottom = np.subtract(image_size, 1).tolist()
    x1, y1, x2, y2 = (round(x) for x in box.tolist())
    x1, x2 = (min(max(x, 0), right) for x in (x1, x2))
    y1, y2 = (min(max(y, 0), bottom) for y in (y1, y2))
    seam = line // 2
    if seam:
        outer = (x1 - seam, y1 - seam, x2 + seam, y2 + seam)
        pen.rectangle(outer, outline=ink_on(colour), width=seam)
    pen.rectangle((x1, y1, x2, y2), outline=colour, width=line)


def _draw_labels(
    pen: ImageDraw.ImageDraw,
    marks: Marks,
    colours: Sequence[Colour],
    image_size: tuple[int, int],
    taken: Sequence[Rectangle],
) -> None:
    size = letter_size(*image_size)
    margin = max(1, size // 4)
    forms, sizes = [], []
    for name, detail in zip(marks.names, marks.details):
        shown = [font_for(text, size) for text in _forms(name, detail)]
        forms.append(shown)
        sizes.append([
            (round(font.getlength(text)) + 2 * margin, sum(font.getmetrics()) + margin)
            for text, font in shown
        ])  # fmt: skip
    places = place_labels(marks.boxes, sizes, image_size, taken)
    for place, shown, label in zip(places, forms, marks.labels):
        if place is None:
            continue
        form, (x1, y1, x2, y2) = place
        text, font = shown[form]
        pen.rectangle((x1, y1, x2 - 1, y2 - 1), fill=colours[label])
        corner = (x1 + margin, y1 + margin // 2)
        pen.text(corner, text, fill=ink_on(colours[label]), font=font)


def _forms(name: str, detail: str) -> list[str]:
    """List the forms of a label, each shorter than the one before."""
    forms = [f'{name} {detail}', name] if detail else [name]
    length = len(name) // 2
    while length >= SHORTEST:
        forms.append(f'{name[:length].rstrip()}…')
        length //= 2
    return [form for form in forms if form.strip()]

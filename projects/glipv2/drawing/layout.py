"""Places for labels: none covers another, none leaves the image."""

from collections.abc import Iterator, Sequence

import numpy as np

Size = tuple[int, int]  # width, height, px
Rectangle = tuple[int, int, int, int]  # x1, y1, x2, y2, px; x2 and y2 exclusive
SHIFTS = 3  # how many heights away from its box a label may go; our choice
# What a later place in the search costs, as the share of a label that covers a box.
LATER = 0.03
# Shares of a box that a label may hide, and of the image's width that it may take,
# unless no form has such a place: then the shortest goes anywhere. Our choice.
MOST_HIDDEN, MOST_WIDE = 0.4, 0.5


def place_labels(
    boxes: np.ndarray,
    sizes: Sequence[Sequence[Size]],
    image_size: Size,
    taken: Sequence[Rectangle] = (),
) -> list[tuple[int, Rectangle] | None]:
    """Find a place for each label, the first label first.

    Args:
        boxes: (N, 4) xyxy, px.
        sizes: Per box the sizes of its label's forms, the preferred one first.
        image_size: Width and height.
        taken: Places that stay free.

    Returns:
        Per box which form is drawn, and where; None if none has room.
    """
    used = list(taken)
    places: list[tuple[int, Rectangle] | None] = []
    for row, forms in enumerate(sizes):
        widest = max(MOST_WIDE * image_size[0], boxes[row, 2] - boxes[row, 0])
        tries = [(form, MOST_HIDDEN) for form, x in enumerate(forms) if x[0] <= widest]
        tries += [(len(forms) - 1, np.inf)] if forms else []
        found = None
        for form, most_hidden in tries:
            place = _best_place(boxes, row, forms[form], image_size, used, most_hidden)
            if place is not None:
                found = form, place
                used.append(place)
                break
        places.append(found)
    return places


def _best_place(
    boxes: np.ndarray,
    row: int,
    size: Size,
    image_size: Size,
    used: Sequence[Rectangle],
    most_hidden: float,
) -> Rectangle | None:
    """Choose the free place that hides the least of the boxes."""
    if size[0] > image_size[0] or size[1] > image_size[1]:
        return None
    corners = np.array(list(_corners(boxes[row], size))).round()
    corners = corners.clip(0, np.subtract(image_size, size)).astype(int)
    places = np.concatenate((corners, corners + size), 1)
    hidden = _shared(places, boxes)
    shares = hidden / (boxes[:, 2:] - boxes[:, :2]).prod(1).clip(1)
    allowed = shares.max(1) <= most_hidden
    if used:
        allowed &= _shared(places, np.array(used)).max(1) == 0
    if not allowed.any():
        return None
    # Of its own box, a label may cover a corner if the box is large.
    cost = np.delete(hidden, row, 1).sum(1) / (size[0] * size[1])
    cost += shares[:, row] + LATER * np.arange(len(places))
    x1, y1, x2, y2 = places[np.where(allowed, cost, np.inf).argmin()].tolist()
    return x1, y1, x2, y2


def _corners(box: np.ndarray, size: Size) -> Iterator[tuple[float, float]]:
    """List upper left corners: above, inside, below, beside, then further away."""
    (x1, y1, x2, y2), (width, height) = box.tolist(), size
    columns = (x1, x2 - width, (x1 + x2 - width) / 2)
    for y in (y1 - height, y1, y2, y2 - height):
        yield from ((x, y) for x in columns)
    for y in (y1, y2 - height):
        yield from ((x2, y), (x1 - width, y))
    for step in range(1, SHIFTS + 1):
        for y in (y1 - (step + 1) * height, y1 + step * height, y2 + step * height):
            yield from ((x, y) for x in columns)
        yield from ((x2, y1 + step * height), (x1 - width, y1 + step * height))


def _shared(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Measure what two sets of rectangles share, (K, 4) and (N, 4) -> (K, N) px."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    return (high - low).clip(0).prod(-1)

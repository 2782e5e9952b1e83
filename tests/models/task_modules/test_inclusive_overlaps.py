"""Overlaps of boxes whose last pixel belongs to them, counted in pixels."""

import torch

from glipv2.models import InclusiveBboxOverlaps2D


def test_overlaps_are_counted_pixels() -> None:
    boxes = torch.tensor([[0.0, 0, 9, 9], [10, 0, 19, 9], [5, 0, 14, 9], [3, 3, 3, 3]])

    def pixels(box: torch.Tensor) -> set[tuple[int, int]]:
        x1, y1, x2, y2 = box.int().tolist()
        return {(x, y) for x in range(x1, x2 + 1) for y in range(y1, y2 + 1)}

    expected = torch.tensor(
        [
            [len(pixels(a) & pixels(b)) / len(pixels(a) | pixels(b)) for b in boxes]
            for a in boxes
        ]
    )
    torch.testing.assert_close(InclusiveBboxOverlaps2D()(boxes, boxes), expected)

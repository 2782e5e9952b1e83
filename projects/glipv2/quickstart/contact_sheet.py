"""All results of the demo on one image."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ..drawing.sentence import sentence_image
from .result import Result

COLUMNS = 4
# Of a row, px: its width, the lines below its images, and the space around these.
WIDTH, TEXT, GAP = 4 * 384, 96, 12
MOST_HEIGHT = 480  # of an image in a row that is not full
LETTER = 17
PAPER = (255, 255, 255)


def write_contact_sheet(file: Path, results: Sequence[Result]) -> None:
    """Draw the sheet: rows of images of one height, which are as wide as the row.

    Args:
        file: The image to write.
        results: What was found.
    """
    rows = [results[i : i + COLUMNS] for i in range(0, len(results), COLUMNS)]
    heights = [_height_of(row) for row in rows]
    down = sum(heights) + len(rows) * (TEXT + GAP) + GAP
    sheet = Image.new('RGB', (WIDTH + (COLUMNS + 1) * GAP, down), PAPER)
    top = GAP
    for row, height in zip(rows, heights):
        left = GAP
        for result in row:
            width = round(height * _shape_of(result))
            tile = result.drawn.resize((width, height), Image.Resampling.LANCZOS)
            sheet.paste(tile, (left, top))
            words = sentence_image(result.parts, width, LETTER, TEXT)
            sheet.paste(Image.fromarray(np.asarray(words)), (left, top + height + 6))
            left += width + GAP
        top += height + TEXT + GAP
    sheet.save(file, quality=88)


def _height_of(row: Sequence[Result]) -> int:
    """Find at which height the images of a row fill it, px."""
    room = WIDTH + (COLUMNS - len(row)) * GAP
    return min(MOST_HEIGHT, int(room / sum(map(_shape_of, row))))


def _shape_of(result: Result) -> float:
    """Divide an image's width by its height."""
    return result.drawn.width / result.drawn.height

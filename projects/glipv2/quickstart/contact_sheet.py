"""All results of the demo on one image."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ..drawing.sentence import sentence_image
from .result import Result

COLUMNS = 4
# Of a tile, px: its side, the lines below it, and the space around it.
TILE, TEXT, GAP = 384, 96, 12
LETTER = 17
PAPER = (255, 255, 255)
GROUND = (232, 232, 232)  # beside an image that is no square


def write_contact_sheet(file: Path, results: Sequence[Result]) -> None:
    """Draw the sheet.

    Args:
        file: The image to write.
        results: What was found.
    """
    rows = -(-len(results) // COLUMNS)
    across, down = TILE + GAP, TILE + TEXT + GAP
    sheet = Image.new('RGB', (COLUMNS * across + GAP, rows * down + GAP), PAPER)
    for index, result in enumerate(results):
        row, column = divmod(index, COLUMNS)
        left, top = GAP + column * across, GAP + row * down
        tile = ImageOps.pad(result.drawn, (TILE, TILE), color=GROUND)
        sheet.paste(tile, (left, top))
        words = sentence_image(result.parts, TILE, LETTER, TEXT)
        sheet.paste(Image.fromarray(np.asarray(words)), (left, top + TILE + 6))
    sheet.save(file, quality=88)

"""The committed sheet of emoji tiles."""

import json
from functools import lru_cache

import numpy as np
from PIL import Image

from ..shipped import PACKAGE

FOLDER = PACKAGE / 'assets' / 'noto_emoji'


@lru_cache(maxsize=1)
def sheet_names() -> tuple[str, ...]:
    """List the emoji.

    Returns:
        Their names, in the order of the sheet.
    """
    return tuple(_layout()['names'])


def tile(name: str) -> Image.Image:
    """Cut one emoji out of the sheet.

    Args:
        name: One of :func:`sheet_names`.

    Returns:
        RGBA image of 64 x 64 pixels.
    """
    layout = _layout()
    side = layout['tile']
    row, column = divmod(sheet_names().index(name), layout['columns'])
    top, left = row * side, column * side
    return Image.fromarray(_pixels()[top : top + side, left : left + side])


@lru_cache(maxsize=1)
def _layout() -> dict:
    return json.loads((FOLDER / 'noto_emoji_64.json').read_text())


@lru_cache(maxsize=1)
def _pixels() -> np.ndarray:
    return np.asarray(Image.open(FOLDER / 'noto_emoji_64.webp').convert('RGBA'))

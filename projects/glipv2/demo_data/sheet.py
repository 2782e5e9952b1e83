"""The committed sheets of emoji tiles, one a style, all with the same names."""

import json
from functools import lru_cache

import numpy as np
from PIL import Image

from ..shipped import PACKAGE

ASSETS = PACKAGE / 'assets'
LAYOUT = ASSETS / 'noto_emoji' / 'noto_emoji_64.json'
SHEETS = {
    'noto': 'noto_emoji/noto_emoji_64.webp',
    'fluent': 'fluent_emoji/fluent_emoji_64.webp',
    'twemoji': 'twemoji/twemoji_64.webp',
}
STYLES = tuple(SHEETS)


@lru_cache(maxsize=1)
def sheet_names() -> tuple[str, ...]:
    """List the emoji.

    Returns:
        Their names, in the order of the sheets.
    """
    return tuple(_layout()['names'])


def tile(name: str, style: str = STYLES[0]) -> Image.Image:
    """Cut one emoji out of a sheet.

    Args:
        name: One of :func:`sheet_names`.
        style: One of ``STYLES``: whose drawing.

    Returns:
        RGBA image of 64 x 64 pixels.
    """
    layout = _layout()
    side = layout['tile']
    row, column = divmod(sheet_names().index(name), layout['columns'])
    top, left = row * side, column * side
    return Image.fromarray(_pixels(style)[top : top + side, left : left + side])


@lru_cache(maxsize=1)
def _layout() -> dict:
    return json.loads(LAYOUT.read_text())


@lru_cache(maxsize=len(STYLES))
def _pixels(style: str) -> np.ndarray:
    return np.asarray(Image.open(ASSETS / SHEETS[style]).convert('RGBA'))

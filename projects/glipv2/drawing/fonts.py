"""Letters of any alphabet that an installed font has."""

import unicodedata
from functools import lru_cache
from pathlib import Path

import matplotlib
from matplotlib.font_manager import fontManager
from matplotlib.ft2font import FT2Font
from PIL import ImageFont

MISSING = '[?]'


def font_for(text: str, size: int) -> tuple[str, ImageFont.FreeTypeFont]:
    """Find a font for a text.

    Args:
        text: Of one line or more.
        size: Of the letters, px.

    Returns:
        The text in one line, with ``[?]`` for runs of letters that no font has, and
        the font.
    """
    text = ' '.join(text.split())
    # Joiners and selectors of emoji, and marks of direction, have no glyph.
    kept = [x for x in text if unicodedata.category(x) not in ('Cc', 'Cf', 'Cs')]
    text = ''.join(x for x in kept if not '\ufe00' <= x <= '\ufe0f')
    file = _font_file(frozenset(text))
    glyphs = _glyphs_of(file)
    parts: list[str] = []
    for letter in text:
        if ord(letter) in glyphs:
            parts.append(letter)
        elif parts[-1:] != [MISSING]:
            parts.append(MISSING)
    return ''.join(parts), _open(file, size)


@lru_cache(maxsize=1)
def _usual() -> str:
    """Matplotlib's own: Latin, Greek, Cyrillic, Arabic, Hebrew, Georgian and more."""
    return str(Path(matplotlib.get_data_path()) / 'fonts/ttf/DejaVuSans.ttf')


@lru_cache(maxsize=1024)
def _font_file(letters: frozenset[str]) -> str:
    """Find the first font with all letters, else the one with the most."""
    wanted = {ord(letter) for letter in letters}
    best, most = _usual(), len(wanted & _glyphs_of(_usual()))
    if most == len(wanted):
        return best
    for file in _installed():
        count = len(wanted & _glyphs_of(file))
        if count > most:
            best, most = file, count
        if most == len(wanted):
            break
    return best


@lru_cache(maxsize=1)
def _installed() -> list[str]:
    """List upright fonts of the machine in order of their names."""
    upright = {x.fname for x in fontManager.ttflist if x.style == 'normal'}
    # Matplotlib's last resort has an empty square for every letter.
    return sorted(x for x in upright if 'lastresort' not in Path(x).name.lower())


@lru_cache(maxsize=64)
def _glyphs_of(file: str) -> frozenset[int]:
    try:
        font = FT2Font(file)
    except (OSError, RuntimeError):
        return frozenset()
    # Bitmaps, such as colour emoji, have one size only.
    return frozenset(font.get_charmap()) if font.scalable else frozenset()


@lru_cache(maxsize=64)
def _open(file: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size)

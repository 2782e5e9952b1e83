"""Rendering another artist's emoji into a sheet with the names of the first."""

import io
import unicodedata
from pathlib import Path

from PIL import Image

from .render_sheet import COLUMNS, RENAMED, TILE
from .sheet import sheet_names

SVG_SIDE = 4 * TILE  # drawn larger and brought down, as bitmaps are


def render_style(folder: Path, out: Path) -> int:
    """Write the sheet of a style, in the order of the committed names.

    Args:
        folder: Images named by code point, ``1f34e.webp``, ``.png`` or ``.svg`` (which
            needs resvg-py); some keep ``-fe0f``.
        out: WebP file to write.

    Returns:
        How many emoji there are.

    Raises:
        FileNotFoundError: If a name has no image.
    """
    names = sheet_names()
    sheet = Image.new('RGBA', (COLUMNS * TILE, -(-len(names) // COLUMNS) * TILE))
    for index, name in enumerate(names):
        drawn = _read(_file_of(folder, name))
        drawn = drawn.crop(drawn.getchannel('A').getbbox())
        drawn.thumbnail((TILE, TILE), Image.Resampling.LANCZOS)
        left = index % COLUMNS * TILE + (TILE - drawn.width) // 2
        top = index // COLUMNS * TILE + (TILE - drawn.height) // 2
        sheet.paste(drawn, (left, top))
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out, quality=90, method=6, exact=False)
    return len(names)


def _file_of(folder: Path, name: str) -> Path:
    """Find the image of a name by the code point of Unicode's name."""
    of_unicode = {ours: theirs for theirs, ours in RENAMED.items()}
    code = f'{ord(unicodedata.lookup(of_unicode.get(name, name).upper())):x}'
    for stem in (code, f'{code}-fe0f'):
        for ending in ('.webp', '.png', '.svg'):
            if (folder / (stem + ending)).exists():
                return folder / (stem + ending)
    raise FileNotFoundError(f'{folder} has no image of {name!r} ({code})')


def _read(file: Path) -> Image.Image:
    if file.suffix != '.svg':
        return Image.open(file).convert('RGBA')
    import resvg_py  # for whoever renders a sheet; nothing else needs it

    drawn = resvg_py.svg_to_bytes(svg_path=str(file), width=SVG_SIDE, height=SVG_SIDE)
    return Image.open(io.BytesIO(bytes(drawn))).convert('RGBA')

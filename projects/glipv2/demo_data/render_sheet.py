"""Rendering the colour emoji of a font into one sheet of small tiles."""

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

STRIKE = 109  # the only size of Noto Color Emoji's bitmaps, in pixels
TILE = 64
COLUMNS = 32
FIRST_CODE = 0x2190  # below stand letters, digits and keycap parts
# Marks, letters and signs that nobody would search for by name in an image.
SKIPPED = re.compile(
    r'modifier|regional|variation|keycap|tag |component|arrow|pointing|squared|'
    r'circled|ideograph|latin|clock face|symbol|ornament|double vertical|wavy dash|'
    r'curly loop|alternation|(plus|minus|division|equals|dollar) sign|check mark|'
    r'multiplication|mahjong| suit|(small|medium)( small)? square|button|'
    r'finger and thumb|'
    r'^(aries|taurus|gemini|cancer|leo|virgo|libra|scorpius|sagittarius|capricorn|'
    r'aquarius|pisces|ophiuchus|dvd|link|sparkle|compression)$'
)
# Unicode's name describes another drawing.
RENAMED = {
    'heavy black heart': 'red heart',
    'white medium star': 'yellow star',
    'slice of pizza': 'pizza',
    'aubergine': 'eggplant',
    'ear of maize': 'corn',
    'automobile': 'red car',
    'basketball and hoop': 'basketball',
    'wrapped present': 'gift box',
    'electric light bulb': 'light bulb',
    'black scissors': 'scissors',
    'black telephone': 'red telephone',
    'black sun with rays': 'yellow sun',
    'white sun behind cloud': 'sun behind large cloud',
}


def render_sheet(font: Path, out: Path) -> int:
    """Write the sheet and its layout.

    Args:
        font: A colour bitmap font.
        out: Folder for both files.

    Returns:
        How many emoji there are.
    """
    emoji = sorted(_drawn_emoji(font), key=lambda pair: pair[0])
    sheet = Image.new('RGBA', (COLUMNS * TILE, -(-len(emoji) // COLUMNS) * TILE))
    for index, (_, tile) in enumerate(emoji):
        sheet.paste(tile, (index % COLUMNS * TILE, index // COLUMNS * TILE))
    out.mkdir(parents=True, exist_ok=True)
    sheet.save(out / 'noto_emoji_64.webp', quality=90, method=6, exact=False)
    layout = dict(tile=TILE, columns=COLUMNS, names=[name for name, _ in emoji])
    (out / 'noto_emoji_64.json').write_text(json.dumps(layout, indent=0) + '\n')
    return len(emoji)


def _drawn_emoji(font_file: Path) -> Iterator[tuple[str, Image.Image]]:
    """Draw every wanted emoji of a font.

    Args:
        font_file: A colour bitmap font.

    Yields:
        Name and RGBA tile of TILE x TILE pixels; no name and no image twice.
    """
    font = ImageFont.truetype(str(font_file), STRIKE)
    seen: set[bytes] = set()
    for code in sorted(TTFont(str(font_file)).getBestCmap()):
        name = unicodedata.name(chr(code), '').lower()
        if code < FIRST_CODE or not name or SKIPPED.search(name):
            continue
        canvas = Image.new('RGBA', (2 * STRIKE, 2 * STRIKE))
        ImageDraw.Draw(canvas).text((9, 9), chr(code), font=font, embedded_color=True)
        box = canvas.getchannel('A').getbbox()
        if box is None:
            continue
        drawn = canvas.crop(box)
        key = drawn.tobytes()
        if key in seen:
            continue
        seen.add(key)
        drawn.thumbnail((TILE, TILE), Image.Resampling.LANCZOS)
        tile = Image.new('RGBA', (TILE, TILE))
        tile.paste(drawn, ((TILE - drawn.width) // 2, (TILE - drawn.height) // 2))
        if np.asarray(tile)[..., 3].max() > 127:
            yield RENAMED.get(name, name), tile

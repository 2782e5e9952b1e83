"""Render the colour emoji of a font into one sheet of small tiles.

Run once when the font changes; the sheet is committed, so users never need the font.

    python tools/dataset_converters/render_emoji_sheet.py NotoColorEmoji.ttf OUT_DIR
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.demo_data.render_sheet import render_sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('font', type=Path, help='font file with emoji')
    parser.add_argument('out', type=Path, help='image to write')
    args = parser.parse_args()
    print(f'{render_sheet(args.font, args.out)} emoji in {args.out}')


if __name__ == '__main__':
    main()

"""Render emoji into one sheet of small tiles: of a font, or of a folder of images.

Run once when an artist's drawings change; the sheets are committed, so users never need
the sources. A font gives the names, too; a folder of images named by code point (npm's
@lobehub/fluent-emoji-3d, or @twemoji/svg with resvg-py) the drawings of these names.

    python tools/dataset_converters/render_emoji_sheet.py NotoColorEmoji.ttf OUT_DIR
    python tools/dataset_converters/render_emoji_sheet.py package/assets OUT.webp
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.demo_data.render_sheet import render_sheet
from glipv2.demo_data.render_style import render_style


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('source', type=Path, help='font file, or folder of images')
    parser.add_argument('out', type=Path, help='folder, or WebP file of a style')
    args = parser.parse_args()
    render = render_style if args.source.is_dir() else render_sheet
    print(f'{render(args.source, args.out)} emoji in {args.out}')


if __name__ == '__main__':
    main()

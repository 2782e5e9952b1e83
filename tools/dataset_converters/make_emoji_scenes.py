"""Make EmojiScenes: images of emoji on photographs, in the field's file formats.

    python tools/dataset_converters/make_emoji_scenes.py data/emoji_scenes

writes OUT/{train,val,val_unseen}/*.jpg, OUT/annotations/*.json and OUT/demo. See
docs/emoji_scenes.md.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import os
import sys
import time
from pathlib import Path

from glipv2.demo_data.emoji_scenes import (
    FORMATS,
    SceneOptions,
    check_out,
    make_emoji_scenes,
)
from glipv2.demo_data.sheet import STYLES


def parse_args() -> tuple[Path, SceneOptions]:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('out', type=Path, help='folder to make')
    parser.add_argument('--size', type=int, default=192, help='side of an image, px')
    parser.add_argument('--train', type=int, default=3200, help='training images')
    parser.add_argument('--val', type=int, default=300, help='validation images')
    parser.add_argument(
        '--val-unseen',
        type=int,
        default=300,
        help='images with names that training lacks',
    )
    parser.add_argument(
        '--categories',
        choices=('quickstart', 'all'),
        default='quickstart',
        help='of the training split: 40, or every emoji but the 40 held-out ones',
    )
    parser.add_argument(
        '--long-tail',
        type=float,
        metavar='EXPONENT',
        help="frequencies by Zipf's law, as in LVIS; val then shows what train shows",
    )
    parser.add_argument(
        '--objects',
        type=int,
        nargs=2,
        default=(2, 6),
        help='least and most of an image',
    )
    parser.add_argument(
        '--object-size', type=int, nargs=2, default=(28, 96), help='longer side, px'
    )
    parser.add_argument(
        '--styles',
        nargs='+',
        choices=STYLES,
        default=STYLES[:1],
        help='whose drawings, each as often (default: %(default)s)',
    )
    parser.add_argument(
        '--new-style',
        choices=STYLES,
        help='whose drawings another split, val_style, shows',
    )
    parser.add_argument(
        '--formats',
        nargs='+',
        choices=FORMATS,
        help='annotation files to write (default: all)',
    )
    parser.add_argument('--lvis-rare', type=int, default=10, help='most images')
    parser.add_argument('--lvis-common', type=int, default=100, help='most images')
    parser.add_argument('--seed', type=int, default=0, help='of all choices')
    parser.add_argument(
        '--jobs',
        type=int,
        default=os.cpu_count(),
        help='processes (default: one for each core)',
    )
    parser.add_argument('--overwrite', action='store_true', help='replace files')
    args = parser.parse_args()
    values = {key: value for key, value in vars(args).items() if value is not None}
    out, overwrite = values.pop('out').resolve(), values.pop('overwrite')
    try:
        options = SceneOptions(**values)
        check_out(out, overwrite)
    except ValueError as error:
        parser.error(str(error))
    return out, options


def main() -> None:
    out, options = parse_args()
    start = time.time()
    try:
        make_emoji_scenes(out, options)
    except OSError as error:
        sys.exit(f'cannot write {out}: {error}')
    print(f'EmojiScenes is in {out} ({time.time() - start:.0f} s)')


if __name__ == '__main__':
    main()

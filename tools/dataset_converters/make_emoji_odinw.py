"""Make EmojiODinW: ten small themed sets of EmojiScenes, in Roboflow's COCO layout.

    python tools/dataset_converters/make_emoji_odinw.py data/emoji_odinw

writes OUT/SET/{train,valid,test}/*.jpg with _annotations.coco.json beside them, as the
sets of ODinW come. Each set has emoji that the quickstart trains and others that it
never saw. See docs/transfer.md.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import time
from pathlib import Path

from glipv2.demo_data.emoji_odinw import ThemeOptions, write_theme_set
from glipv2.demo_data.themes import THEMES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('out', type=Path, help='folder to make; sets in it stay')
    parser.add_argument(
        '--sets',
        nargs='+',
        choices=tuple(THEMES),
        default=[*THEMES],
        help='themes, a set each',
    )
    parser.add_argument('--size', type=int, default=192, help='side of an image, px')
    parser.add_argument('--train', type=int, default=60, help='images of a set')
    parser.add_argument('--valid', type=int, default=30, help='images of a set')
    parser.add_argument('--test', type=int, default=60, help='images of a set')
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
    parser.add_argument('--seed', type=int, default=0, help='of all choices')
    args = parser.parse_args()
    values = dict(vars(args))
    out, sets = values.pop('out'), values.pop('sets')
    try:
        options = ThemeOptions(**values)
    except ValueError as error:
        parser.error(str(error))
    for name in sets:
        if (out / name).exists():
            parser.error(f'{out / name} is there already; remove it first')
    start = time.time()
    for name in sets:
        write_theme_set(out, name, options)
    print(f'{len(sets)} sets are in {out} ({time.time() - start:.0f} s)')


if __name__ == '__main__':
    main()

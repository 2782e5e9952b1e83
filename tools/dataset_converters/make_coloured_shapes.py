"""Draw a small COCO-format set that no checkpoint has seen: coloured shapes.

    python tools/dataset_converters/make_coloured_shapes.py data/shapes

writes {train,val}/*.png and annotations/instances_{train,val}.json; `--layout roboflow`
writes {train,valid}/ with the images and _annotations.coco.json in them.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.demo_data.coloured_shapes import SPLITS, write_shapes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('out', type=Path, help='folder of the set')
    parser.add_argument('--train', type=int, default=120, help='pictures')
    parser.add_argument('--val', type=int, default=40, help='pictures')
    parser.add_argument('--size', type=int, default=192, help='pixels')
    parser.add_argument('--objects', type=int, default=5, help='most of an image')
    parser.add_argument(
        '--layout',
        choices=tuple(SPLITS),
        default='coco',
        help='names of folders and files',
    )
    parser.add_argument('--seed', type=int, default=0, help='of all choices')
    args = parser.parse_args()
    if min(args.train, args.val, args.objects) < 1 or args.size < 32:
        parser.error('--train, --val and --objects need at least 1, --size 32')
    folders = ('train', 'valid' if args.layout == 'roboflow' else 'val')
    splits = zip(folders, SPLITS[args.layout], (args.train, args.val))
    for seed, (folder, ann_file, count) in enumerate(splits, start=2 * args.seed):
        write_shapes(
            args.out / folder, args.out / ann_file, count, args.size, args.objects, seed
        )
        print(f'{args.out / ann_file}: {count} images')


if __name__ == '__main__':
    main()

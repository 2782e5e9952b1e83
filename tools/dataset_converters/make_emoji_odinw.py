"""Make EmojiODinW: ten small themed sets of EmojiScenes, in Roboflow's COCO layout.

    python tools/dataset_converters/make_emoji_odinw.py data/emoji_odinw

writes OUT/SET/{train,valid,test}/*.jpg with _annotations.coco.json beside them, as the
sets of ODinW come. Each set has emoji that the quickstart trains and others that it
never saw. See docs/transfer.md.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from glipv2.demo_data.coco_format import annotation_of, coco_file
from glipv2.demo_data.compose import compose_scene
from glipv2.demo_data.themes import THEMES

ANNOTATIONS = '_annotations.coco.json'
JPEG_QUALITY = 92
# Images draw from (seed, STREAM, set, split, image): never those of EmojiScenes.
STREAM = 13


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('out', type=Path, help='folder to make; sets in it stay')
    parser.add_argument('--sets', nargs='+', choices=tuple(THEMES), default=[*THEMES])
    parser.add_argument('--size', type=int, default=192, help='side of an image, px')
    parser.add_argument('--train', type=int, default=60, help='images of a set')
    parser.add_argument('--valid', type=int, default=30)
    parser.add_argument('--test', type=int, default=60)
    parser.add_argument('--objects', type=int, nargs=2, default=(2, 6))
    parser.add_argument(
        '--object-size', type=int, nargs=2, default=(28, 96), help='longer side, px'
    )
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    for name in ('train', 'valid', 'test'):
        if getattr(args, name) < 1:
            parser.error(f'--{name} must be at least 1')
    if args.object_size[1] > args.size * 0.7:
        parser.error(
            f'objects of {args.object_size[1]} px do not fit, turned, into images '
            f'of --size {args.size}; lower --object-size'
        )
    for name in args.sets:
        if (args.out / name).exists():
            parser.error(f'{args.out / name} is there already; remove it first')
    start = time.time()
    for name in args.sets:
        for split in ('train', 'valid', 'test'):
            write_split(args, name, split)
    print(f'{len(args.sets)} sets are in {args.out} ({time.time() - start:.0f} s)')


def write_split(args: argparse.Namespace, name: str, split: str) -> None:
    """Write the images and the annotation file of one split of a set.

    Args:
        args: Command line options.
        name: Of the set.
        split: ``'train'``, ``'valid'`` or ``'test'``.
    """
    folder = args.out / name / split
    folder.mkdir(parents=True)
    categories = THEMES[name]
    seed = (
        args.seed, STREAM, list(THEMES).index(name),
        ('train', 'valid', 'test').index(split),
    )  # fmt: skip
    images, annotations = [], []
    for index in range(getattr(args, split)):
        rng = np.random.default_rng((*seed, index))
        scene = compose_scene(
            rng, args.size, categories, args.objects, args.object_size
        )
        file_name = f'{index:06d}.jpg'
        scene.image.save(folder / file_name, quality=JPEG_QUALITY)
        images.append(
            dict(
                id=index + 1, file_name=file_name, height=args.size, width=args.size
            )
        )  # fmt: skip
        annotations.append([annotation_of(each) for each in scene.objects])
    content = coco_file(images, annotations, categories)
    (folder / ANNOTATIONS).write_text(json.dumps(content))


if __name__ == '__main__':
    main()

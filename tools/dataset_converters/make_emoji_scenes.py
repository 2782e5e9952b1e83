"""Make EmojiScenes: images of emoji on photographs, in the field's file formats.

    python tools/dataset_converters/make_emoji_scenes.py data/emoji_scenes

writes OUT/{train,val,val_unseen}/*.jpg, OUT/annotations/*.json and OUT/demo. See
docs/emoji_scenes.md.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from glipv2.demo_data.backgrounds import demo_photo
from glipv2.demo_data.caption_format import caption_file
from glipv2.demo_data.captions import Caption, captions_of
from glipv2.demo_data.categories import (
    HELD_OUT,
    QUICKSTART,
    in_sheet_order,
    long_tail_shares,
    trained_categories,
)
from glipv2.demo_data.coco_format import annotation_of, coco_file
from glipv2.demo_data.compose import compose_scene, place_objects
from glipv2.demo_data.flickr_format import flickr_file
from glipv2.demo_data.lvis_format import lvis_file
from glipv2.demo_data.odvg_format import detection_record, grounding_record, label_map
from glipv2.demo_data.phrasecut_format import phrasecut_tasks
from glipv2.demo_data.questions import Question, questions_of
from glipv2.demo_data.vqa_format import vqa_files, vqa_records

# Images draw from (seed, split's number, image's number), so that neither the
# number of processes nor the size of another split changes them.
SPLITS = ('train', 'val', 'val_unseen')
FORMATS = ('coco', 'lvis', 'odvg', 'flickr', 'phrasecut', 'captions', 'vqa')
DEMO_OBJECTS = (
    'red apple', 'dog face', 'rocket', 'teddy bear', 'red heart', 'guitar',
    'soccer ball',
)  # fmt: skip
DEMO_OBJECT_SIZE = (100, 150)
JPEG_QUALITY = 92


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('out', type=Path, help='folder to make')
    parser.add_argument('--size', type=int, default=192, help='side of an image, px')
    parser.add_argument('--train', type=int, default=3200, help='training images')
    parser.add_argument('--val', type=int, default=300)
    parser.add_argument('--val-unseen', type=int, default=300)
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
    parser.add_argument('--objects', type=int, nargs=2, default=(2, 6))
    parser.add_argument(
        '--object-size', type=int, nargs=2, default=(28, 96), help='longer side, px'
    )
    parser.add_argument('--formats', nargs='+', choices=FORMATS)
    parser.add_argument('--lvis-rare', type=int, default=10, help='most images')
    parser.add_argument('--lvis-common', type=int, default=100, help='most images')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--overwrite', action='store_true')
    args = parser.parse_args()
    args.formats = args.formats or list(FORMATS)
    check_args(parser, args)
    return args


def check_args(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Refuse options that cannot work, before anything is written."""
    for name in ('objects', 'object_size'):
        low, high = getattr(args, name)
        if not 1 <= low <= high:
            option = name.replace('_', '-')
            parser.error(f'--{option} needs 1 <= least <= most, but got {low} {high}')
    if args.object_size[1] > args.size * 0.7:
        parser.error(
            f'objects of {args.object_size[1]} px do not fit, turned, into images '
            f'of --size {args.size}; lower --object-size'
        )
    for name in ('train', 'val', 'val_unseen', 'jobs'):
        if getattr(args, name) < 1:
            parser.error(f'--{name.replace("_", "-")} must be at least 1')
    if args.seed < 0:
        parser.error(f'--seed must not be negative, but is {args.seed}')
    if args.long_tail is not None and not 0 < args.long_tail <= 3:
        parser.error(f'--long-tail must be in (0, 3], but is {args.long_tail}')
    if args.lvis_rare > args.lvis_common:
        parser.error(
            f'--lvis-rare {args.lvis_rare} is above --lvis-common {args.lvis_common}'
        )
    check_out(parser, args)


def check_out(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Refuse an output folder that cannot be written or holds other files."""
    out = args.out = args.out.resolve()
    if out.exists() and not out.is_dir():
        parser.error(f'{out} is a file; name a folder')
    if out.exists() and any(out.iterdir()) and not args.overwrite:
        parser.error(f'{out} is not empty; pass --overwrite to replace it')
    for folder in (out, building_folder(out)):
        foreign = foreign_files(folder)
        if foreign:
            parser.error(
                f'{folder} would be replaced, but holds {foreign[0]}, which is not '
                f'part of EmojiScenes; move it or name another folder'
            )


def building_folder(out: Path) -> Path:
    """Name the folder that the data set grows in, until it is complete."""
    return out.with_name(out.name + '.tmp')


def foreign_files(folder: Path) -> list[str]:
    """List what a folder holds that this script never writes there."""
    if not folder.exists():
        return []
    if not folder.is_dir():
        return [folder.name]
    ours = {*SPLITS, 'annotations', 'demo'}
    return sorted(path.name for path in folder.iterdir() if path.name not in ours)


def main() -> None:
    args = parse_args()
    start = time.time()
    building = building_folder(args.out)
    shutil.rmtree(building, ignore_errors=True)
    try:
        (building / 'annotations').mkdir(parents=True)
        frequencies: dict[str, str] = {}
        for number, split in enumerate(SPLITS):
            found = write_split(building, number, split, args, frequencies)
            if args.long_tail is not None and split == 'train':
                frequencies = found
        write_demo(building, args.seed)
        shutil.rmtree(args.out, ignore_errors=True)
        building.rename(args.out)
    except OSError as error:
        shutil.rmtree(building, ignore_errors=True)
        sys.exit(f'cannot write {args.out}: {error}')
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    print(f'EmojiScenes is in {args.out} ({time.time() - start:.0f} s)')


def write_split(
    out: Path,
    number: int,
    split: str,
    args: argparse.Namespace,
    frequencies: Mapping[str, str],
) -> dict[str, str]:
    """Write the images and annotation files of one split.

    Args:
        out: Folder of the data set.
        number: Of the split, for its seeds.
        split: Its name.
        args: Command line options.
        frequencies: LVIS's letters of categories that another split has counted.

    Returns:
        LVIS's letter, ``r``, ``c`` or ``f``, per category.
    """
    # Both validation splits hold 40 categories, so that one prompt holds them too
    # (val only without a long tail).
    shown = dict(
        train=trained_categories(args.categories),
        val=in_sheet_order(QUICKSTART),
        val_unseen=in_sheet_order(HELD_OUT),
    )[split]
    shares = None
    if args.long_tail is not None and split != 'val_unseen':
        shown = trained_categories(args.categories)
        shares = long_tail_shares(shown, args.long_tail, args.seed)
    count = getattr(args, split)
    (out / split).mkdir()
    make = partial(write_image, out / split, (args.seed, number), shown, shares, args)
    with multiprocessing.Pool(args.jobs) as pool:
        made = pool.map(make, range(count), chunksize=16)
    images, annotations = zip(*made)
    files = {}
    if 'coco' in args.formats:
        files['instances'] = coco_file(images, annotations, shown)
    if 'lvis' in args.formats:
        rng = np.random.default_rng((args.seed, number))
        files['lvis'] = lvis_file(
            rng, split, images, annotations, shown, args.lvis_rare, args.lvis_common,
            frequencies,
        )  # fmt: skip
    if 'phrasecut' in args.formats:
        pairs = zip(images, annotations)
        tasks = [task for pair in pairs for task in phrasecut_tasks(*pair)]
        files['refer'] = tasks
    rng = np.random.default_rng((args.seed, number, 0))
    captions = [captions_of(rng, of_image, args.size) for of_image in annotations]
    if 'flickr' in args.formats:
        first = [of_image[0] for of_image in captions]
        files['flickr'] = flickr_file(images, annotations, first)
    if 'captions' in args.formats:
        files['captions'] = caption_file(images, captions)
    for name, content in files.items():
        path = out / 'annotations' / f'{name}_{split}.json'
        path.write_text(json.dumps(content))
    if 'odvg' in args.formats:
        write_odvg(out / 'annotations', split, images, annotations, captions, shown)
    if 'vqa' in args.formats:
        rng = np.random.default_rng((args.seed, number, 0, 1))
        questions = questions_of(rng, annotations, shown, args.size)
        write_vqa(out / 'annotations', split, images, annotations, questions)
    boxes = sum(len(of_image) for of_image in annotations)
    print(f'{split}: {count} images, {boxes} objects, {len(shown)} categories')
    listed = files['lvis']['categories'] if 'lvis' in files else []
    return {category['name']: category['frequency'] for category in listed}


def write_odvg(
    folder: Path,
    split: str,
    images: Sequence[dict],
    annotations: Sequence[Sequence[dict]],
    captions: Sequence[Sequence[Caption]],
    shown: Sequence[str],
) -> None:
    """Write a split's ODVG files: class lists, and captions with spans.

    Args:
        folder: Of the annotation files.
        split: Its name.
        images: Per image COCO's image entry.
        annotations: Per image its COCO annotations.
        captions: Per image its captions; each becomes a record.
        shown: Names of the split's categories.
    """
    records = dict(
        od=[detection_record(*pair, shown) for pair in zip(images, annotations)],
        vg=[
            grounding_record(image, of_image, caption)
            for image, of_image, several in zip(images, annotations, captions)
            for caption in several
        ],
    )
    for kind, lines in records.items():
        write_lines(folder / f'odvg_{split}_{kind}.jsonl', lines)
    path = folder / f'odvg_{split}_label_map.json'
    path.write_text(json.dumps(label_map(shown)))


def write_vqa(
    folder: Path,
    split: str,
    images: Sequence[dict],
    annotations: Sequence[Sequence[dict]],
    questions: Sequence[Question],
) -> None:
    """Write a split's questions and answers, and their ODVG lines.

    Args:
        folder: Of the annotation files.
        split: Its name.
        images: Per image COCO's image entry.
        annotations: Per image its COCO annotations.
        questions: About the images.
    """
    files = vqa_files(images, questions, split)
    for kind, content in zip(('questions', 'annotations'), files):
        (folder / f'vqa_{split}_{kind}.json').write_text(json.dumps(content))
    lines = vqa_records(images, annotations, questions)
    write_lines(folder / f'odvg_{split}_vqa.jsonl', lines)


def write_lines(path: Path, records: Sequence[dict]) -> None:
    """Write records, one a line."""
    with open(path, 'w') as file:
        file.writelines(json.dumps(record) + '\n' for record in records)


def write_image(
    folder: Path,
    seed: tuple[int, int],
    categories: tuple[str, ...],
    shares: Sequence[float] | None,
    args: argparse.Namespace,
    index: int,
) -> tuple[dict, list[dict]]:
    """Compose and write one image.

    Args:
        folder: Of the split.
        seed: Of the data set and the split.
        categories: To draw from.
        shares: How often each is drawn; None: all equally.
        args: Command line options.
        index: Of the image in its split.

    Returns:
        COCO's image entry and its annotations without ids.
    """
    rng = np.random.default_rng((*seed, index))
    scene = compose_scene(
        rng, args.size, categories, args.objects, args.object_size, shares
    )
    image = dict(
        id=index + 1, file_name=f'{index:06d}.jpg', height=args.size, width=args.size
    )
    scene.image.save(folder / image['file_name'], quality=JPEG_QUALITY)
    return image, [annotation_of(scene_object) for scene_object in scene.objects]


def write_demo(out: Path, seed: int) -> None:
    """Write a real photograph with objects composed into it.

    Args:
        out: Folder of the data set.
        seed: Of the data set.
    """
    rng = np.random.default_rng((seed, len(SPLITS)))
    scene = place_objects(rng, demo_photo(), DEMO_OBJECTS, DEMO_OBJECT_SIZE)
    (out / 'demo').mkdir()
    scene.image.save(out / 'demo' / 'photo.jpg', quality=JPEG_QUALITY)
    width, height = scene.image.size
    image = dict(id=1, file_name='photo.jpg', height=height, width=width)
    annotations = [annotation_of(scene_object) for scene_object in scene.objects]
    content = coco_file([image], [annotations], in_sheet_order(QUICKSTART))
    (out / 'demo' / 'photo.json').write_text(json.dumps(content))


if __name__ == '__main__':
    main()

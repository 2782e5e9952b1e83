"""EmojiScenes: images of emoji on photographs, in the field's file formats."""

import json
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..end_with_parent import end_with_parent
from ..progress import progress
from .backgrounds import demo_photo
from .caption_format import caption_file
from .captions import Caption, captions_of
from .categories import (
    HELD_OUT,
    QUICKSTART,
    in_sheet_order,
    long_tail_shares,
    trained_categories,
)
from .coco_format import coco_file, write_scene
from .compose import check_object_size, compose_scene, place_objects
from .description_format import description_file
from .descriptions import descriptions_of
from .flickr_format import flickr_file
from .lvis_format import lvis_file
from .new_questions import new_questions_of
from .odvg_format import detection_record, grounding_record, label_map
from .other_words import in_other_words
from .phrasecut_format import phrasecut_tasks
from .questions import Question, questions_of
from .sheet import STYLES
from .vqa_format import vqa_files, vqa_records

# Images draw from (seed, split's number, image's number), so that neither the
# number of processes nor the size of another split changes them.
SPLITS = ('train', 'val', 'val_unseen')
NEW_STYLE = 'val_style'  # shares val's number: the same choices, drawn otherwise
NEW_KINDS = 'val_new_kinds'  # questions about val's images
FORMATS = (
    *('coco', 'lvis', 'odvg', 'flickr', 'phrasecut', 'captions', 'vqa'),
    'descriptions',
)
DEMO_OBJECTS = (
    'red apple', 'dog face', 'rocket', 'teddy bear', 'red heart', 'guitar',
    'soccer ball',
)  # fmt: skip
DEMO_OBJECT_SIZE = (100, 150)


@dataclass(frozen=True)
class SceneOptions:
    """What is made.

    Args:
        size: Side of an image, pixels.
        train: Images of the training split.
        val: Images of ``val``.
        val_unseen: Images of ``val_unseen``.
        categories: Of the training split: ``'quickstart'`` (40) or ``'all'`` (every
            emoji but the 40 held-out ones).
        long_tail: Exponent of Zipf's law for the frequencies; None: all equal.
        objects: Least and most objects of an image.
        object_size: Least and greatest longer side of an object, pixels.
        styles: Whose drawings, of ``STYLES``.
        new_style: Whose drawings ``val_style`` shows; None: there is none.
        formats: Of ``FORMATS``.
        lvis_rare: Most images of a rare category.
        lvis_common: Most images of a common category.
        seed: Of all choices.
        jobs: Processes; None: as many as there are cores.

    Raises:
        ValueError: If a value cannot work (names it by its command line option).
    """

    size: int = 192
    train: int = 3200
    val: int = 300
    val_unseen: int = 300
    categories: str = 'quickstart'
    long_tail: float | None = None
    objects: tuple[int, int] = (2, 6)
    object_size: tuple[int, int] = (28, 96)
    styles: Sequence[str] = STYLES[:1]
    new_style: str | None = None
    formats: Sequence[str] = FORMATS
    lvis_rare: int = 10
    lvis_common: int = 100
    seed: int = 0
    jobs: int | None = None

    def __post_init__(self) -> None:
        for name in ('objects', 'object_size'):
            low, high = getattr(self, name)
            if not 1 <= low <= high:
                option = name.replace('_', '-')
                raise ValueError(
                    f'--{option} needs 1 <= least <= most, but got {low} {high}'
                )
        check_object_size(self.object_size, self.size)
        for name in ('train', 'val', 'val_unseen', 'jobs'):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f'--{name.replace("_", "-")} must be at least 1')
        if self.seed < 0:
            raise ValueError(f'--seed must not be negative, but is {self.seed}')
        if self.long_tail is not None and not 0 < self.long_tail <= 3:
            raise ValueError(f'--long-tail must be in (0, 3], but is {self.long_tail}')
        if self.new_style in self.styles:
            raise ValueError(f'--new-style {self.new_style} is one of --styles')
        if self.lvis_rare > self.lvis_common:
            raise ValueError(
                f'--lvis-rare {self.lvis_rare} is above --lvis-common '
                f'{self.lvis_common}'
            )


def check_out(out: Path, overwrite: bool) -> None:
    """Refuse an output folder that cannot be written or holds other files.

    Args:
        out: Folder of the data set, absolute.
        overwrite: Whether an earlier data set in it may be replaced.

    Raises:
        ValueError: If it is refused.
    """
    if out.exists() and not out.is_dir():
        raise ValueError(f'{out} is a file; name a folder')
    if out.exists() and any(out.iterdir()) and not overwrite:
        raise ValueError(f'{out} is not empty; pass --overwrite to replace it')
    for folder in (out, _building_folder(out)):
        foreign = _foreign_files(folder)
        if foreign:
            raise ValueError(
                f'{folder} would be replaced, but holds {foreign[0]}, which is not '
                'part of EmojiScenes; move it or name another folder'
            )


def _building_folder(out: Path) -> Path:
    """Name the folder that the data set grows in, until it is complete."""
    return out.with_name(out.name + '.tmp')


def _foreign_files(folder: Path) -> list[str]:
    """List what a folder holds that is never written there."""
    if not folder.exists():
        return []
    if not folder.is_dir():
        return [folder.name]
    ours = {*SPLITS, NEW_STYLE, 'annotations', 'demo'}
    return sorted(path.name for path in folder.iterdir() if path.name not in ours)


def make_emoji_scenes(out: Path, options: SceneOptions) -> None:
    """Make the data set, whole or not at all.

    Args:
        out: Its folder, as :func:`check_out` accepts it.
        options: What is made.

    Raises:
        OSError: If it cannot be written.
    """
    building = _building_folder(out)
    shutil.rmtree(building, ignore_errors=True)
    try:
        (building / 'annotations').mkdir(parents=True)
        frequencies: dict[str, str] = {}
        splits = list(enumerate(SPLITS))
        if options.new_style is not None:
            splits.append((SPLITS.index('val'), NEW_STYLE))
        for number, split in splits:
            found = _write_split(building, number, split, options, frequencies)
            if options.long_tail is not None and split == 'train':
                frequencies = found
        _write_demo(building, options.seed)
        old = out.with_name(out.name + '.old')
        shutil.rmtree(old, ignore_errors=True)
        if out.exists():  # half removed, it would pass for a whole one
            out.rename(old)
        building.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _write_split(
    out: Path,
    number: int,
    split: str,
    options: SceneOptions,
    frequencies: Mapping[str, str],
) -> dict[str, str]:
    """Write the images and annotation files of one split.

    Args:
        out: Folder of the data set.
        number: Of the split, for its seeds.
        split: Its name.
        options: Of the data set.
        frequencies: LVIS's letters of categories that another split has counted.

    Returns:
        LVIS's letter, ``r``, ``c`` or ``f``, per category.
    """
    # Both validation splits hold 40 categories, so that one prompt holds them too
    # (val only without a long tail).
    shown = dict(
        train=trained_categories(options.categories),
        val=in_sheet_order(QUICKSTART),
        val_unseen=in_sheet_order(HELD_OUT),
        val_style=in_sheet_order(QUICKSTART),
    )[split]
    shares = None
    if options.long_tail is not None and split != 'val_unseen':
        shown = trained_categories(options.categories)
        shares = long_tail_shares(shown, options.long_tail, options.seed)
    count = options.val if split == NEW_STYLE else getattr(options, split)
    (out / split).mkdir()
    make = partial(
        _write_image, out / split, (options.seed, number), shown, shares, options
    )
    # multiprocessing's own pool waits for ever for a process that was killed.
    try:
        with ProcessPoolExecutor(options.jobs, initializer=end_with_parent) as pool:
            scenes = pool.map(make, range(count), chunksize=16)
            made = list(progress(scenes, split, count))
    except BrokenProcessPool as error:
        raise OSError(
            'a process was killed, most often because memory ran out: use fewer '
            '(--jobs)'
        ) from error
    images, annotations = zip(*made)
    files = {}
    if 'coco' in options.formats:
        files['instances'] = coco_file(images, annotations, shown)
        if split == 'val':
            path = out / 'annotations' / 'instances_val_words.json'
            path.write_text(json.dumps(in_other_words(files['instances'])))
    if 'lvis' in options.formats:
        rng = np.random.default_rng((options.seed, number))
        files['lvis'] = lvis_file(
            rng, split, images, annotations, shown, options.lvis_rare,
            options.lvis_common, frequencies,
        )  # fmt: skip
    if 'phrasecut' in options.formats:
        pairs = zip(images, annotations)
        tasks = [task for pair in pairs for task in phrasecut_tasks(*pair)]
        files['refer'] = tasks
    rng = np.random.default_rng((options.seed, number, 0))
    captions = [captions_of(rng, of_image, options.size) for of_image in annotations]
    if 'flickr' in options.formats:
        first = [of_image[0] for of_image in captions]
        files['flickr'] = flickr_file(images, annotations, first)
    if 'captions' in options.formats:
        files['captions'] = caption_file(images, captions)
    if 'descriptions' in options.formats and split != 'train':  # a test, as D3 is
        rng = np.random.default_rng((options.seed, number, 0, 2))
        asked = descriptions_of(rng, annotations, shown, options.size)
        files['descriptions'] = description_file(images, annotations, asked)
    for name, content in files.items():
        path = out / 'annotations' / f'{name}_{split}.json'
        path.write_text(json.dumps(content))
    if 'odvg' in options.formats:
        _write_odvg(out / 'annotations', split, images, annotations, captions, shown)
    if 'vqa' in options.formats:
        rng = np.random.default_rng((options.seed, number, 0, 1))
        questions = questions_of(rng, annotations, shown, options.size)
        _write_vqa(out / 'annotations', split, images, annotations, questions)
        if split == 'val':
            rng = np.random.default_rng((options.seed, number, 0, 3))
            questions = new_questions_of(rng, annotations, shown, options.size)
            _write_questions(out / 'annotations', NEW_KINDS, images, questions)
    boxes = sum(len(of_image) for of_image in annotations)
    print(f'{split}: {count} images, {boxes} objects, {len(shown)} categories')
    listed = files['lvis']['categories'] if 'lvis' in files else []
    return {category['name']: category['frequency'] for category in listed}


def _write_odvg(
    folder: Path,
    split: str,
    images: Sequence[dict],
    annotations: Sequence[Sequence[dict]],
    captions: Sequence[Sequence[Caption]],
    shown: Sequence[str],
) -> None:
    """Write a split's ODVG files: class lists, and captions with spans."""
    records = dict(
        od=[detection_record(*pair, shown) for pair in zip(images, annotations)],
        vg=[
            grounding_record(image, of_image, caption)
            for image, of_image, several in zip(images, annotations, captions)
            for caption in several
        ],
    )
    for kind, lines in records.items():
        _write_lines(folder / f'odvg_{split}_{kind}.jsonl', lines)
    path = folder / f'odvg_{split}_label_map.json'
    path.write_text(json.dumps(label_map(shown)))


def _write_vqa(
    folder: Path,
    split: str,
    images: Sequence[dict],
    annotations: Sequence[Sequence[dict]],
    questions: Sequence[Question],
) -> None:
    """Write a split's questions and answers, and their ODVG lines."""
    _write_questions(folder, split, images, questions)
    lines = vqa_records(images, annotations, questions)
    _write_lines(folder / f'odvg_{split}_vqa.jsonl', lines)


def _write_questions(
    folder: Path, split: str, images: Sequence[dict], questions: Sequence[Question]
) -> None:
    files = vqa_files(images, questions, split)
    for kind, content in zip(('questions', 'annotations'), files):
        (folder / f'vqa_{split}_{kind}.json').write_text(json.dumps(content))


def _write_lines(path: Path, records: Sequence[dict]) -> None:
    """Write records, one a line."""
    with open(path, 'w') as file:
        file.writelines(json.dumps(record) + '\n' for record in records)


def _write_image(
    folder: Path,
    seed: tuple[int, int],
    categories: tuple[str, ...],
    shares: Sequence[float] | None,
    options: SceneOptions,
    index: int,
) -> tuple[dict, list[dict]]:
    """Compose and write one image.

    Args:
        folder: Of the split.
        seed: Of the data set and the split.
        categories: To draw from.
        shares: How often each is drawn; None: all equally.
        options: Of the data set.
        index: Of the image in its split.

    Returns:
        COCO's image entry and its annotations without ids.
    """
    rng = np.random.default_rng((*seed, index))
    new_style = folder.name == NEW_STYLE and options.new_style
    scene = compose_scene(
        rng, options.size, categories, options.objects, options.object_size, shares,
        [new_style] if new_style else options.styles,
    )  # fmt: skip
    return write_scene(scene, folder, index)


def _write_demo(out: Path, seed: int) -> None:
    """Write a real photograph with objects composed into it."""
    rng = np.random.default_rng((seed, len(SPLITS)))
    scene = place_objects(rng, demo_photo(), DEMO_OBJECTS, DEMO_OBJECT_SIZE)
    (out / 'demo').mkdir()
    image, annotations = write_scene(scene, out / 'demo', 0, 'photo.jpg')
    content = coco_file([image], [annotations], in_sheet_order(QUICKSTART))
    (out / 'demo' / 'photo.json').write_text(json.dumps(content))

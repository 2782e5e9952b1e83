"""EmojiODinW: small themed sets of EmojiScenes, in Roboflow's COCO layout."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .coco_format import coco_file, write_scene
from .compose import check_object_size, compose_scene
from .themes import THEMES

ANNOTATIONS = '_annotations.coco.json'
SPLITS = ('train', 'valid', 'test')
# Images draw from (seed, STREAM, set, split, image): never those of EmojiScenes.
STREAM = 13


@dataclass(frozen=True)
class ThemeOptions:
    """Sizes of each set; as of ``SceneOptions``.

    Raises:
        ValueError: If a value cannot work (names it by its command line option).
    """

    size: int = 192
    train: int = 60
    valid: int = 30
    test: int = 60
    objects: tuple[int, int] = (2, 6)
    object_size: tuple[int, int] = (28, 96)
    seed: int = 0

    def __post_init__(self) -> None:
        for name in SPLITS:
            if getattr(self, name) < 1:
                raise ValueError(f'--{name} must be at least 1')
        check_object_size(self.object_size, self.size)


def write_theme_set(out: Path, name: str, options: ThemeOptions) -> None:
    """Write the images and annotation files of a set.

    Args:
        out: Folder of all sets.
        name: Of the set, of ``THEMES``.
        options: What is made.
    """
    categories = THEMES[name]
    for place, split in enumerate(SPLITS):
        folder = out / name / split
        folder.mkdir(parents=True)
        seed = (options.seed, STREAM, list(THEMES).index(name), place)
        images, annotations = [], []
        for index in range(getattr(options, split)):
            rng = np.random.default_rng((*seed, index))
            scene = compose_scene(
                rng, options.size, categories, options.objects, options.object_size
            )
            image, of_image = write_scene(scene, folder, index)
            images.append(image)
            annotations.append(of_image)
        content = coco_file(images, annotations, categories)
        (folder / ANNOTATIONS).write_text(json.dumps(content))

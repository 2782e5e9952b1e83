"""The demo's images, and what is asked of the model on each."""

import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..demo_data.backgrounds import demo_photo
from ..demo_data.categories import QUICKSTART, in_sheet_order
from ..demo_data.compose import compose_scene, place_objects
from ..demo_data.emoji_scenes import DEMO_OBJECT_SIZE, DEMO_OBJECTS
from ..shipped import ASSETS

FOLDER = ASSETS / 'examples'
PHOTO = 'photo.jpg'
# Scenes by their seed: those in which the objects cover each other little. No training
# image is among them, whose seeds have another second number.
SCENES = {
    'animals.jpg': (0, 1, 8),
    'crown.jpg': (0, 1, 13),
    'night.jpg': (0, 1, 23),
    'bananas.jpg': (0, 1, 18),
    'sailboat.jpg': (0, 1, 24),
    'wall.jpg': (0, 1, 26),
    'eye.jpg': (0, 1, 5),
}
# EmojiScenes at twice its size, so that drawings have room for names.
SIZE, OBJECTS, OBJECT_SIZE = 384, (3, 6), (64, 176)
JPEG_QUALITY = 90
# The task of each command of `glipv2`.
TASKS = dict(
    detect='detection', ground='grounding', segment='segmentation',
    ask='grounded_vqa', describe='grounded_caption',
)  # fmt: skip


@dataclass(frozen=True)
class Example:
    """One thing that the demo shows.

    Args:
        command: Of ``TASKS``.
        image: File name in ``FOLDER``.
        text: Names, a sentence or a question.
    """

    command: str
    image: str
    text: str = ''

    @property
    def task(self) -> str:
        """The inferencer's name of the task."""
        return TASKS[self.command]

    def line(self, folder: Path) -> str:
        """Write the command line that does the same.

        Args:
            folder: Of the images.
        """
        words = ['glipv2', self.command, shlex.quote(str(folder / self.image))]
        if self.text:
            words += ['--texts', f'"{self.text}"']
        if self.task.startswith('grounded_'):
            words.append('--boxes')
        return ' '.join(words)


EXAMPLES = (
    Example('detect', PHOTO, ' . '.join(DEMO_OBJECTS)),
    Example('segment', 'animals.jpg', 'panda face . tiger face . pig face . gift box'),
    Example('ground', 'night.jpg', 'a penguin above a red car'),
    Example('ask', 'bananas.jpg', 'how many bananas are there?'),
    Example('describe', 'wall.jpg'),
    Example('segment', 'crown.jpg', 'crown . bus . strawberry . lemon . rocket'),
    Example(
        'ask', 'sailboat.jpg', 'is the dog face to the left or right of the sailboat?'
    ),
    Example('describe', 'eye.jpg'),
)


def write_images(folder: Path = FOLDER) -> None:
    """Make the images anew; always the same.

    Args:
        folder: That gets them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = in_sheet_order(QUICKSTART)
    scenes = {
        name: compose_scene(
            np.random.default_rng(seed), SIZE, names, OBJECTS, OBJECT_SIZE
        )
        for name, seed in SCENES.items()
    }
    rng = np.random.default_rng((0, 3))  # as EmojiScenes' demo/photo.jpg
    scenes[PHOTO] = place_objects(rng, demo_photo(), DEMO_OBJECTS, DEMO_OBJECT_SIZE)
    for name, scene in scenes.items():
        scene.image.save(folder / name, quality=JPEG_QUALITY)

"""Small scenes that every set tells in its own format: images, objects, sentences."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Thing:
    """An object of an image.

    Args:
        name: Its category, a name of COCO, LVIS and Objects365.
        box: ``x, y, width, height``, pixels.
    """

    name: str
    box: Box

    @property
    def polygon(self) -> list[float]:
        """Its outline ``[x1, y1, x2, y2, ...]``, smaller than the box."""
        x, y, width, height = self.box
        return [x, y, x + width, y, x + width, y + height, x + width / 2, y + height]


@dataclass(frozen=True)
class Scene:
    """An image.

    Args:
        size: Width and height, pixels.
        things: Objects in it.
    """

    size: tuple[int, int]
    things: tuple[Thing, ...]

    @property
    def sentence(self) -> str:
        """A caption that names each object once."""
        return ' and '.join(f'a {thing.name}' for thing in self.things) + ' .'

    def span(self, thing: Thing) -> list[int]:
        """Find the characters of an object's phrase in the caption."""
        start = self.sentence.index(f'a {thing.name}')
        return [start, start + 2 + len(thing.name)]


SCENES = (
    Scene(
        (80, 64),
        (Thing('dog', (8, 12, 30, 40)), Thing('car', (40.5, 20.25, 34.0, 30.5))),
    ),
    Scene(
        (64, 80),
        (Thing('cup', (4, 8, 24, 24)), Thing('knife', (20, 44, 36, 20))),
    ),
    Scene((72, 72), (Thing('cup', (16, 16, 40, 40)),)),
)


def write_image(path: Path, size: tuple[int, int]) -> None:
    """Write an image of coarse noise; its name decides the noise.

    Args:
        path: The file; its folder is made.
        size: Width and height, pixels.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng([*path.name.encode()])
    coarse = random.integers(0, 256, (6, 6, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize(size).save(path)


def write_json(path: Path, content: object) -> None:
    """Write a JSON file; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def write_lines(path: Path, records: Sequence[dict]) -> None:
    """Write a JSON record a line; the folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(''.join(json.dumps(record) + '\n' for record in records))


def corners(box: Box) -> list[float]:
    """Turn ``x, y, width, height`` into ``[x1, y1, x2, y2]``."""
    x, y, width, height = box
    return [x, y, x + width, y + height]

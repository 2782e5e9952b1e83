"""Backgrounds: crops of free photographs and procedural textures."""

from collections.abc import Callable
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

# Photographs inside scikit-image's wheel (CC0 or public domain by its own list).
PHOTOS = (
    'astronaut.png', 'brick.png', 'camera.png', 'chelsea.png', 'grass.png',
    'gravel.png', 'hubble_deep_field.jpg', 'ihc.png', 'rocket.jpg', 'coins.png',
)  # fmt: skip
DEMO_PHOTO = 'coffee.png'  # shown by the demo, never a background of a split
PHOTO_SHARE = 0.7  # the rest are textures


def random_background(rng: np.random.Generator, size: int) -> Image.Image:
    """Make a background.

    Args:
        rng: Source of all choices.
        size: Side in pixels.

    Returns:
        RGB image of size x size pixels.
    """
    if rng.random() < PHOTO_SHARE:
        names = available_photos()
        image = _crop(rng, load_photo(names[rng.integers(len(names))]), size)
    else:
        texture = _TEXTURES[rng.integers(len(_TEXTURES))]
        image = Image.fromarray(texture(rng, size).clip(0, 255).astype(np.uint8))
    for enhance in (ImageEnhance.Color, ImageEnhance.Brightness, ImageEnhance.Contrast):
        image = enhance(image).enhance(float(rng.uniform(0.6, 1.3)))
    if rng.random() < 0.3:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 2))))
    return image


def demo_photo() -> Image.Image:
    """Load the photograph of the demo."""
    return load_photo(DEMO_PHOTO)


@lru_cache(maxsize=1)
def available_photos() -> tuple[str, ...]:
    """List the background photographs that the installed scikit-image carries.

    Raises:
        FileNotFoundError: If it carries none.
    """
    found = tuple(name for name in PHOTOS if (_folder() / name).is_file())
    if not found:
        raise FileNotFoundError(
            f'scikit-image in {_folder()} carries none of the photographs {PHOTOS}'
        )
    return found


@cache
def load_photo(name: str) -> Image.Image:
    """Load a photograph of scikit-image."""
    return Image.open(_folder() / name).convert('RGB')


def _folder() -> Path:
    spec = find_spec('skimage')
    if spec is None:
        raise ImportError(
            'the background photographs come with scikit-image: '
            'pip install scikit-image'
        )
    return Path(spec.submodule_search_locations[0]) / 'data'


def _crop(rng: np.random.Generator, photo: Image.Image, size: int) -> Image.Image:
    shorter = min(photo.size)
    side = int(rng.uniform(0.4, 1.0) * shorter)
    left = int(rng.integers(photo.width - side + 1))
    top = int(rng.integers(photo.height - side + 1))
    box = (left, top, left + side, top + side)
    image = photo.resize((size, size), Image.Resampling.BILINEAR, box)
    turns = (None, *(getattr(Image.Transpose, f'ROTATE_{d}') for d in (90, 180, 270)))
    turn = turns[rng.integers(len(turns))]
    return image if turn is None else image.transpose(turn)


def _colour(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(0, 255, 3)


def _gradient(rng: np.random.Generator, size: int) -> np.ndarray:
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[:size, :size] / size
    along = columns * np.cos(angle) + rows * np.sin(angle)
    along = (along - along.min()) / np.ptp(along)
    return _colour(rng) * along[..., None] + _colour(rng) * (1 - along[..., None])


def _stripes(rng: np.random.Generator, size: int) -> np.ndarray:
    angle, width = rng.uniform(0, np.pi), rng.uniform(6, 30)
    rows, columns = np.mgrid[:size, :size]
    along = columns * np.cos(angle) + rows * np.sin(angle)
    on = (along // width % 2)[..., None]
    return _colour(rng) * on + _colour(rng) * (1 - on)


def _checks(rng: np.random.Generator, size: int) -> np.ndarray:
    width = rng.integers(8, 40)
    rows, columns = np.mgrid[:size, :size] // width
    on = ((rows + columns) % 2)[..., None]
    return _colour(rng) * on + _colour(rng) * (1 - on)


def _clouds(rng: np.random.Generator, size: int) -> np.ndarray:
    cells = int(rng.integers(3, 14))
    noise = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
    return np.asarray(noise.resize((size, size), Image.Resampling.BICUBIC), float)


_TEXTURES: tuple[Callable[[np.random.Generator, int], np.ndarray], ...] = (
    _gradient,
    _stripes,
    _checks,
    _clouds,
)

"""Composing scenes: emoji on a background, with exact occluded masks."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image, ImageEnhance

from .backgrounds import random_background
from .scene import Scene, SceneObject
from .sheet import STYLES, tile

LEAST_VISIBLE = 0.6  # nothing may cover more of an object than this leaves
ATTEMPTS = 12  # at placing an object before it is left out
MAX_ANGLE = 30.0  # degrees
OPAQUE = 128  # alpha from which a pixel belongs to the object


def compose_scene(
    rng: np.random.Generator,
    size: int,
    categories: Sequence[str],
    count: tuple[int, int],
    object_size: tuple[int, int],
    shares: Sequence[float] | None = None,
    styles: Sequence[str] = STYLES[:1],
) -> Scene:
    """Compose a random scene.

    Args:
        rng: Source of all choices.
        size: Side of the image in pixels.
        categories: Emoji to draw from.
        count: Least and most objects; a crowded image may hold fewer than drawn,
            but at least one.
        object_size: Least and greatest longer side of an object in pixels.
        shares: How often each category is drawn, adding up to 1; None: all equally.
        styles: Whose drawings; each object has one of them.
    """
    background = random_background(rng, size)
    number = rng.integers(count[0], count[1] + 1)
    names = rng.choice(list(categories), number, p=shares)
    return place_objects(
        rng, background, [str(name) for name in names], object_size, styles
    )


def check_object_size(object_size: tuple[int, int], size: int) -> None:
    """Refuse objects that do not fit into images, turned.

    Args:
        object_size: Least and greatest longer side of an object in pixels.
        size: Side of the image in pixels.

    Raises:
        ValueError: If they do not.
    """
    if object_size[1] > size * 0.7:
        raise ValueError(
            f'objects of {object_size[1]} px do not fit, turned, into images of --size '
            f'{size}; lower --object-size'
        )


def place_objects(
    rng: np.random.Generator,
    background: Image.Image,
    names: Sequence[str],
    object_size: tuple[int, int],
    styles: Sequence[str] = STYLES[:1],
) -> Scene:
    """Put emoji on an image, wholly inside it, one over the other.

    Args:
        rng: Source of all choices.
        background: RGB image.
        names: Emoji to place, from the back to the front.
        object_size: Least and greatest longer side in pixels.
        styles: Whose drawings; each object has one of them.

    Returns:
        The scene; emoji that found no place are left out.
    """
    canvas = background.copy()
    objects: list[SceneObject] = []
    for name in names:
        side = int(np.exp(rng.uniform(*np.log(object_size))))
        angle = float(rng.uniform(-MAX_ANGLE, MAX_ANGLE))
        flipped = bool(rng.random() < 0.5)
        # One style draws no number, so that its data sets stay as they were.
        style = styles[rng.integers(len(styles))] if len(styles) > 1 else styles[0]
        sprite = _sprite(rng, tile(name, style), side, angle, flipped)
        for _ in range(ATTEMPTS):
            left = int(rng.integers(max(canvas.width - sprite.width, 0) + 1))
            top = int(rng.integers(max(canvas.height - sprite.height, 0) + 1))
            own = np.zeros((canvas.height, canvas.width), dtype=bool)
            alpha = np.asarray(sprite)[..., 3] >= OPAQUE
            region = own[top : top + sprite.height, left : left + sprite.width]
            region |= alpha[: region.shape[0], : region.shape[1]]
            covered = [_cover(other, own) for other in objects]
            if all(other.visible >= LEAST_VISIBLE for other in covered):
                canvas.paste(sprite, (left, top), sprite)
                new = SceneObject(name, own, 1.0, side, angle, flipped, style)
                objects = [*covered, new]
                break
    return Scene(canvas, tuple(objects))


def _cover(below: SceneObject, above: np.ndarray) -> SceneObject:
    mask = below.mask & ~above
    whole = below.mask.sum() / below.visible
    return replace(below, mask=mask, visible=float(mask.sum() / whole))


def _sprite(
    rng: np.random.Generator,
    sprite: Image.Image,
    side: int,
    angle: float,
    flipped: bool,
) -> Image.Image:
    if flipped:
        sprite = sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    brightness = float(rng.uniform(0.8, 1.15))
    alpha = sprite.getchannel('A')
    sprite = ImageEnhance.Brightness(sprite).enhance(brightness)
    sprite.putalpha(alpha)
    sprite = sprite.resize((side, side), Image.Resampling.BICUBIC)
    sprite = sprite.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    return sprite.crop(sprite.getchannel('A').getbbox())

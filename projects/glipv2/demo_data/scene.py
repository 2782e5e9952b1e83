"""What is in an image, before it is written in any format."""

from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class SceneObject:
    """One emoji in an image.

    Args:
        category: Its name.
        mask: (H, W) bool, its visible pixels.
        visible: Part of its own pixels that nothing covers, 0 to 1.
        size: Pixels of its longer side before turning.
        angle: Degrees that it is turned counter-clockwise.
        flipped: Whether left and right are exchanged.
        style: Whose drawing it is.
    """

    category: str
    mask: np.ndarray
    visible: float
    size: int
    angle: float
    flipped: bool
    style: str

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Tight box of the visible pixels: left, top, width, height in pixels."""
        rows, columns = (
            np.flatnonzero(self.mask.any(1)),
            np.flatnonzero(self.mask.any(0)),
        )
        top, left = int(rows[0]), int(columns[0])
        return left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1


@dataclass(frozen=True)
class Scene:
    """An image and its objects, from the back to the front.

    Args:
        image: RGB image.
        objects: Its objects.
    """

    image: Image.Image
    objects: tuple[SceneObject, ...]

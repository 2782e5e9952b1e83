"""Masks that are drawn where they are looked at, not as whole images.

Points and boxes are in pixels, x before y, from the image's upper left corner.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor

import cv2
import mmcv
import numpy as np
import torch
from mmdet.structures.mask import BitmapMasks
from mmdet.structures.mask.structures import polygon_to_bitmap
from pycocotools import mask as coco_mask

from ...models.device.compiled_operators import sample_regions

Pair = tuple[float, float]
Corners = tuple[float, float, float, float]

AS_THEY_ARE = (1.0, 1.0)
HALF = 0.5  # of a target's pixel has to be covered, as in mmdet


class Shape(ABC):
    """The mask of one object."""

    @abstractmethod
    def moved(self, scale: Pair, shift: Pair) -> 'Shape':
        """Multiply all points by ``scale`` (negative: mirrored), then add ``shift``."""

    @abstractmethod
    def draw(self, height: int, width: int) -> np.ndarray:
        """Draw the mask, (height, width) uint8."""

    @abstractmethod
    def draw_region(self, box: Corners, height: int, width: int) -> np.ndarray:
        """Draw what is inside a box, scaled to (height, width) uint8."""

    @property
    @abstractmethod
    def area(self) -> float:
        """Square pixels; 0 if nothing would be drawn at any size."""

    @property
    @abstractmethod
    def extent(self) -> Corners:
        """The bounding box."""

    def cut(self, window: Corners) -> 'Shape':
        """Leave out what is outside a window of whole pixels, and count from it."""
        own, (x1, y1, x2, y2) = self.extent, window
        if own[0] >= x1 and own[1] >= y1 and own[2] <= x2 and own[3] <= y2:
            at_edge = x1 == y1 == 0
            return self if at_edge else self.moved(AS_THEY_ARE, (-x1, -y1))
        left, top = floor(max(own[0], x1)), floor(max(own[1], y1))
        right, bottom = ceil(min(own[2], x2)), ceil(min(own[3], y2))
        if right <= left or bottom <= top:
            return NOTHING
        at_corner = self.moved(AS_THEY_ARE, (-left, -top))
        bitmap = at_corner.draw(bottom - top, right - left)
        return Patch(bitmap, (left - x1, top - y1, right - x1, bottom - y1))


@dataclass(frozen=True, eq=False)
class Outline(Shape):
    """Polygons, each (2 n,) float64: x, y, x, y ..."""

    polygons: tuple[np.ndarray, ...]

    def moved(self, scale: Pair, shift: Pair) -> 'Outline':
        return Outline(
            tuple(
                (polygon.reshape(-1, 2) * scale + shift).ravel()
                for polygon in self.polygons
            )
        )

    def draw(self, height: int, width: int) -> np.ndarray:
        if not self.polygons:
            return np.zeros((height, width), dtype=np.uint8)
        return polygon_to_bitmap(list(self.polygons), height, width).view(np.uint8)

    def draw_region(self, box: Corners, height: int, width: int) -> np.ndarray:
        x1, y1, x2, y2 = box
        scale = (width / max(x2 - x1, 1), height / max(y2 - y1, 1))
        shift = (-x1 * scale[0], -y1 * scale[1])
        return self.moved(scale, shift).draw(height, width)

    @property
    def area(self) -> float:
        if not self.polygons:
            return 0.0
        area = sum(
            cv2.contourArea(polygon.reshape(-1, 2).astype(np.float32))
            for polygon in self.polygons
        )
        if area > 0:
            return area
        # A figure of eight has no area by this formula.
        x1, y1, x2, y2 = self.extent
        if x1 == x2 or y1 == y2:
            return 0.0
        at_corner = self.moved(AS_THEY_ARE, (-x1, -y1))
        return float(at_corner.draw(ceil(y2 - y1), ceil(x2 - x1)).sum())

    @property
    def extent(self) -> Corners:
        if not self.polygons:
            return (0.0, 0.0, 0.0, 0.0)
        points = np.concatenate(self.polygons).reshape(-1, 2)
        return (*points.min(0).tolist(), *points.max(0).tolist())


NOTHING = Outline(())


@dataclass(frozen=True, eq=False)
class Patch(Shape):
    """A bitmap, (h, w) uint8, that fills a box."""

    bitmap: np.ndarray
    box: Corners

    @classmethod
    def whole(cls, bitmap: np.ndarray) -> 'Patch':
        """Use a bitmap of the whole image."""
        height, width = bitmap.shape
        return cls(bitmap, (0.0, 0.0, width, height))

    def moved(self, scale: Pair, shift: Pair) -> 'Patch':
        rows, columns = (-1 if each < 0 else 1 for each in (scale[1], scale[0]))
        bitmap = self.bitmap[::rows, ::columns]
        return Patch(bitmap, _moved_box(self.box, scale, shift))

    def draw(self, height: int, width: int) -> np.ndarray:
        x1, y1, x2, y2 = self.box
        drawn = np.zeros((height, width), dtype=np.uint8)
        rows, from_rows = _nearest(y1, y2, self.bitmap.shape[0], height)
        columns, from_columns = _nearest(x1, x2, self.bitmap.shape[1], width)
        drawn[rows, columns] = self.bitmap[from_rows][:, from_columns]
        return drawn

    def draw_region(self, box: Corners, height: int, width: int) -> np.ndarray:
        x1, y1, x2, y2 = self.box
        if 0 in self.bitmap.shape:
            return np.zeros((height, width), dtype=np.uint8)
        # A border, since roi_align continues a bitmap beyond its edges.
        bitmap = np.pad(self.bitmap, 1).astype(np.float32)
        across = self.bitmap.shape[1] / (x2 - x1)
        down = self.bitmap.shape[0] / (y2 - y1)
        roi = (
            (box[0] - x1) * across + 1,
            (box[1] - y1) * down + 1,
            (box[2] - x1) * across + 1,
            (box[3] - y1) * down + 1,
        )
        covered = sample_regions(
            torch.from_numpy(bitmap)[None, None],
            torch.tensor([(0.0, *roi)]),
            (height, width),
        )
        return (covered[0, 0] >= HALF).numpy().view(np.uint8)

    @property
    def extent(self) -> Corners:
        return self.box

    @property
    def area(self) -> float:
        if 0 in self.bitmap.shape:
            return 0.0
        x1, y1, x2, y2 = self.box
        return float(self.bitmap.mean(dtype=np.float64)) * (x2 - x1) * (y2 - y1)


@dataclass(frozen=True, eq=False)
class Runs(Shape):
    """A compressed RLE, moved by ``scale`` and ``shift``; decoded when it is drawn."""

    rle: dict
    scale: Pair = AS_THEY_ARE
    shift: Pair = (0.0, 0.0)

    @cached_property
    def patch(self) -> Patch:
        """The bitmap of its bounding box."""
        corners = _corners(self.rle)
        left, top, right, bottom = (int(x) for x in corners)
        # A copy, since a view would keep the whole image.
        bitmap = coco_mask.decode(self.rle)[top:bottom, left:right].copy()
        return Patch(bitmap, corners).moved(self.scale, self.shift)

    def moved(self, scale: Pair, shift: Pair) -> 'Runs':
        return Runs(
            self.rle,
            (self.scale[0] * scale[0], self.scale[1] * scale[1]),
            (self.shift[0] * scale[0] + shift[0], self.shift[1] * scale[1] + shift[1]),
        )

    def draw(self, height: int, width: int) -> np.ndarray:
        return self.patch.draw(height, width)

    def draw_region(self, box: Corners, height: int, width: int) -> np.ndarray:
        return self.patch.draw_region(box, height, width)

    @property
    def area(self) -> float:
        return float(coco_mask.area(self.rle)) * abs(self.scale[0] * self.scale[1])

    @property
    def extent(self) -> Corners:
        return _moved_box(_corners(self.rle), self.scale, self.shift)


def _corners(rle: dict) -> Corners:
    left, top, width, height = coco_mask.toBbox(rle).tolist()
    return (left, top, left + width, top + height)


def _moved_box(box: Corners, scale: Pair, shift: Pair) -> Corners:
    x1, x2 = sorted((box[0] * scale[0] + shift[0], box[2] * scale[0] + shift[0]))
    y1, y2 = sorted((box[1] * scale[1] + shift[1], box[3] * scale[1] + shift[1]))
    return (x1, y1, x2, y2)


def _nearest(start: float, end: float, count: int, size: int) -> tuple:
    """Find which of ``count`` cells between two points each pixel's centre is in.

    Returns:
        The slice of pixels, and the cell of each of them.
    """
    first = min(max(ceil(start - 0.5), 0), size)
    last = min(max(ceil(end - 0.5), first), size)
    if first == last:
        return slice(first, last), np.zeros(0, dtype=np.int64)
    centres = np.arange(first, last) + 0.5
    cells = ((centres - start) / (end - start) * count).astype(np.int64)
    return slice(first, last), cells.clip(0, count - 1)


class EncodedMasks(BitmapMasks):
    """mmdet's ``BitmapMasks`` that stay polygons and small bitmaps while they can.

    Resizing, flipping, cropping, padding and indexing draw nothing, and
    ``crop_and_resize`` draws the regions that it is asked for. What else mmdet does
    with ``BitmapMasks`` works, too: it asks for ``masks``, and from then on the object
    holds whole bitmaps, which some transforms change in place.

    Args:
        shapes: The mask of each object.
        height: Height of the image, pixels.
        width: Width of the image, pixels.
    """

    def __init__(self, shapes: Sequence[Shape], height: int, width: int) -> None:
        self.height = height
        self.width = width
        self._encoded = list(shapes)
        self._bitmaps: np.ndarray | None = None

    @property
    def shapes(self) -> list[Shape]:
        """The mask of each object."""
        if self._bitmaps is None:
            return self._encoded
        return [Patch.whole(bitmap) for bitmap in self._bitmaps]

    @property
    def masks(self) -> np.ndarray:
        """All masks, (N, height, width) uint8."""
        if self._bitmaps is None:
            drawn = np.zeros((len(self), self.height, self.width), dtype=np.uint8)
            for bitmap, shape in zip(drawn, self._encoded):
                bitmap[:] = shape.draw(self.height, self.width)
            self.masks = drawn
        return self._bitmaps

    @masks.setter
    def masks(self, bitmaps: np.ndarray) -> None:
        self._bitmaps, self._encoded = bitmaps, []

    def __len__(self) -> int:
        return len(self._encoded if self._bitmaps is None else self._bitmaps)

    def __getitem__(self, index: int | list | np.ndarray | slice) -> 'EncodedMasks':
        """Take some masks; of one number, a single one."""
        chosen = np.atleast_1d(np.arange(len(self))[index])
        shapes = self.shapes
        return EncodedMasks([shapes[i] for i in chosen], self.height, self.width)

    def rescale(self, scale: tuple, interpolation: str = 'nearest') -> 'EncodedMasks':
        """See mmdet's ``BaseInstanceMasks``."""
        width, height = mmcv.rescale_size((self.width, self.height), scale)
        return self.resize((height, width))

    def resize(
        self, out_shape: Sequence[int], interpolation: str = 'nearest'
    ) -> 'EncodedMasks':
        """See mmdet's ``BaseInstanceMasks``."""
        height, width = out_shape
        scale = (width / self.width, height / self.height)
        resized = [shape.moved(scale, (0.0, 0.0)) for shape in self.shapes]
        return EncodedMasks(resized, height, width)

    def flip(self, flip_direction: str = 'horizontal') -> 'EncodedMasks':
        """See mmdet's ``BaseInstanceMasks``."""
        across = flip_direction in ('horizontal', 'diagonal')
        down = flip_direction in ('vertical', 'diagonal')
        scale = (-1.0 if across else 1.0, -1.0 if down else 1.0)
        shift = (self.width if across else 0.0, self.height if down else 0.0)
        flipped = [shape.moved(scale, shift) for shape in self.shapes]
        return EncodedMasks(flipped, self.height, self.width)

    def crop(self, bbox: np.ndarray) -> 'EncodedMasks':
        """See mmdet's ``BaseInstanceMasks``."""
        x1, x2 = (int(x) for x in np.clip(bbox[0::2], 0, self.width))
        y1, y2 = (int(y) for y in np.clip(bbox[1::2], 0, self.height))
        x2, y2 = max(x2, x1 + 1), max(y2, y1 + 1)
        cropped = [shape.cut((x1, y1, x2, y2)) for shape in self.shapes]
        return EncodedMasks(cropped, y2 - y1, x2 - x1)

    def pad(self, out_shape: Sequence[int], pad_val: int = 0) -> BitmapMasks:
        """See mmdet's ``BaseInstanceMasks``."""
        if pad_val:
            return super().pad(out_shape, pad_val)
        return EncodedMasks(self.shapes, *out_shape)

    def crop_and_resize(
        self,
        bboxes: np.ndarray,
        out_shape: Sequence[int],
        inds: np.ndarray,
        device: str = 'cpu',
        interpolation: str = 'bilinear',
        binarize: bool = True,
    ) -> BitmapMasks:
        """See mmdet's ``BaseInstanceMasks``; regions are drawn one by one."""
        if not binarize:
            return super().crop_and_resize(
                bboxes, out_shape, inds, device, interpolation, binarize
            )
        shapes = self.shapes
        drawn = np.zeros((len(bboxes), *out_shape), dtype=np.uint8)
        for region, box, index in zip(drawn, bboxes.tolist(), inds):
            region[:] = shapes[index].draw_region(tuple(box), *out_shape)
        return BitmapMasks(drawn, *out_shape)

    @property
    def areas(self) -> np.ndarray:
        """Areas, (N,) float64, square pixels."""
        return np.array([shape.area for shape in self.shapes], dtype=np.float64)

    @classmethod
    def cat(cls, masks: Sequence[BitmapMasks]) -> BitmapMasks:
        """Join masks of images of one size."""
        if not all(isinstance(each, cls) for each in masks):
            return BitmapMasks.cat(masks)
        shapes = [shape for each in masks for shape in each.shapes]
        return cls(shapes, masks[0].height, masks[0].width)

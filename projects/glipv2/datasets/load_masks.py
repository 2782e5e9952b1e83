"""Loading and checking the masks of objects."""

import numpy as np
from mmdet.datasets.transforms import LoadAnnotations
from mmdet.registry import TRANSFORMS
from mmdet.structures.mask import BitmapMasks

from ..renamed import refusing_old_keys
from .bad_items import BadItems

LEAST_NUMBERS = 6  # of a polygon: three points
# Least IoU of a mask's bounding box with the annotated box; our choice.
LEAST_OVERLAP = 0.5


@TRANSFORMS.register_module()
@refusing_old_keys
class LoadTextMasks(BadItems, LoadAnnotations):
    """Load boxes, labels and masks (polygons or RLE) of every object.

    mmdet's ``LoadAnnotations`` ignores objects without a usable mask. Here they keep
    their box and get an empty mask, which ``LanguageMaskHead`` leaves out of its loss.

    Args:
        on_bad: ``'error'``: a polygon of fewer than three points, an RLE of another
            size than the image, or a mask that does not lie in its box stops the
            run; ``'skip'``: the mask is left out and counted in ``num_skipped``; the
            first is logged.
        **kwargs: As for ``LoadAnnotations``.

    Raises:
        ValueError: If ``on_bad`` is another word.
    """

    def __init__(self, on_bad: str = 'error', **kwargs) -> None:
        super().__init__(with_bbox=True, with_mask=True, poly2mask=True, **kwargs)
        self.set_on_bad(on_bad)

    def _load_masks(self, results: dict) -> None:
        height, width = results['ori_shape']
        masks = []
        for number, instance in enumerate(results.get('instances', [])):
            mask, fault = self.read_mask(instance, height, width)
            if fault is not None:
                self._refuse(results, number, fault)
            masks.append(mask)
        results['gt_masks'] = BitmapMasks(masks, height, width)

    def read_mask(
        self, instance: dict, height: int, width: int
    ) -> tuple[np.ndarray, str | None]:
        """Draw the mask of one object.

        Args:
            instance: ``bbox`` (xyxy, pixels), ``ignore_flag`` and, if there is one,
                ``mask`` (polygons or RLE).
            height: Height of the image, pixels.
            width: Width of the image, pixels.

        Returns:
            The mask (height, width) uint8, empty if missing or bad; and what is wrong
            with it, or None.
        """
        empty = np.zeros((height, width), dtype=np.uint8)
        if not instance.get('mask'):
            return empty, None
        fault = _fault_of(instance['mask'], height, width)
        if fault is not None:
            return empty, fault
        mask = self._poly2mask(instance['mask'], height, width)
        fault = _fault_against_box(mask, instance)
        return (mask, None) if fault is None else (empty, fault)

    def _refuse(self, results: dict, number: int, fault: str) -> None:
        where = f'{results.get("img_path")}: the mask of object {number} {fault}'
        if self.on_bad == 'error':
            raise ValueError(
                f"{where}. Correct it, or set on_bad='skip' to keep only its box"
            )
        # One line for all: a data set may have thousands of them.
        self.count_skipped('masks', f'{where}, and so are all such masks')


def _fault_of(mask: list | dict, height: int, width: int) -> str | None:
    if isinstance(mask, dict):
        size = list(mask.get('size', ()))
        if size != [height, width]:
            return f'is an RLE of {size}, but the image has {[height, width]}'
        return None if mask.get('counts') else 'has no counts'
    for polygon in mask:
        if len(polygon) < LEAST_NUMBERS or len(polygon) % 2:
            return (
                f'has a polygon of {len(polygon)} numbers, but three points or more '
                'are needed, two numbers each'
            )
    return None


def _fault_against_box(mask: np.ndarray, instance: dict) -> str | None:
    """Compare a mask with its box, if it is not a crowd's."""
    if instance.get('ignore_flag'):
        return None
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if len(rows) == 0:
        return 'is empty'
    x1, y1, x2, y2 = instance['bbox']
    own = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    across = max(0, min(x2, own[2]) - max(x1, own[0]))
    down = max(0, min(y2, own[3]) - max(y1, own[1]))
    common = across * down
    whole = (x2 - x1) * (y2 - y1) + (own[2] - own[0]) * (own[3] - own[1]) - common
    if common < LEAST_OVERLAP * whole:
        shown = [int(side) for side in own]
        return (
            f'lies at {shown}, but its box is {[round(x, 1) for x in instance["bbox"]]}'
        )
    return None

"""Loading and checking the masks of objects."""

import numpy as np
from mmdet.datasets.transforms import LoadAnnotations
from mmdet.registry import TRANSFORMS

from ...renamed import refusing_old_keys
from ...structures.corners import corners_of
from ..bad_items import BadItems
from ..coco import CocoFile, Fault
from ..coco.findings import MASK, listed
from ..coco.ids import place_of
from ..segmentation import canonical_segmentation
from .encoded_masks import NOTHING, EncodedMasks, Outline, Runs, Shape

# Least IoU of a mask's bounding box with the annotated box; our choice.
LEAST_OVERLAP = 0.5
ADVICE = "Correct it, or set on_bad='skip' of LoadTextMasks to keep only its box"


@TRANSFORMS.register_module()
@refusing_old_keys
class LoadTextMasks(BadItems, LoadAnnotations):
    """Load boxes, labels and masks (polygons or RLE) of every object.

    mmdet's ``LoadAnnotations`` ignores objects without a usable mask. Here they keep
    their box and get an empty mask, which ``LanguageMaskHead`` leaves out of its loss.
    Masks are drawn where the loss looks at them (``EncodedMasks``).

    Args:
        on_bad: ``'error'``: a segmentation that :func:`canonical_segmentation` refuses,
            or a mask that does not lie in its box, stops the run; ``'skip'``: the mask
            is left out and counted in ``num_skipped``; the first is logged.
        **kwargs: As for ``LoadAnnotations``.

    Raises:
        ValueError: If ``on_bad`` is another word.
    """

    def __init__(self, on_bad: str = 'error', **kwargs) -> None:
        super().__init__(with_bbox=True, with_mask=True, **kwargs)
        self.set_on_bad(on_bad)

    def _load_masks(self, results: dict) -> None:
        height, width = results['ori_shape']
        shapes = []
        for number, instance in enumerate(results.get('instances', [])):
            shape, fault = self.read_mask(instance, height, width)
            if fault is not None:
                self._refuse(results, number, fault)
            shapes.append(shape)
        results['gt_masks'] = EncodedMasks(shapes, height, width)

    def read_mask(
        self, instance: dict, height: int, width: int
    ) -> tuple[Shape, str | None]:
        """Read the mask of one object.

        Args:
            instance: ``bbox`` (xyxy, pixels), ``ignore_flag`` and, if there is one,
                ``mask`` (polygons or RLE).
            height: Height of the image, pixels.
            width: Width of the image, pixels.

        Returns:
            The mask, empty if missing or bad; and what is wrong with it, or None.
        """
        try:
            found = canonical_segmentation(instance.get('mask'), height, width)
        except ValueError as error:
            return NOTHING, str(error)
        if found is None:
            return NOTHING, None
        shape: Shape
        if isinstance(found, dict):
            shape = Runs(found)
        else:
            # Drawn where it is over the edge, so that padding keeps it out.
            polygons = Outline(tuple(np.array(polygon) for polygon in found))
            shape = polygons.cut((0, 0, width, height))
        fault = _fault_against_box(shape, instance)
        return (shape, None) if fault is None else (NOTHING, fault)

    def check_file(self, file: CocoFile) -> None:
        """Check all masks of a file, before anything is trained on it.

        Args:
            file: An annotation file, without bad boxes.

        Raises:
            ValueError: If ``on_bad`` is ``'error'`` and a mask is bad (names some).
        """
        if self.on_bad == 'skip':
            return  # counted where they are loaded
        images = {image['id']: image for image in file.content['images']}
        faults = []
        for entry in file.content['annotations']:
            image = images[entry['image_id']]
            if not entry.get('segmentation') or image['height'] is None:
                continue
            instance = dict(
                bbox=corners_of(entry['bbox']),
                ignore_flag=entry['iscrowd'],
                mask=entry['segmentation'],
            )
            _, fault = self.read_mask(instance, image['height'], image['width'])
            if fault is not None:
                place = place_of(images, entry)
                faults.append(Fault(MASK, place, f'the mask {fault}'))
        if faults:
            raise ValueError(f'{file.name}: {listed(faults)}. {ADVICE}')

    def _refuse(self, results: dict, number: int, fault: str) -> None:
        where = f'{results.get("img_path")}: the mask of object {number} {fault}'
        if self.on_bad == 'error':
            raise ValueError(f'{where}. {ADVICE}')
        # One line for all: a data set may have thousands of them.
        self.count_skipped('masks', f'{where}, and so are all such masks')


def _fault_against_box(shape: Shape, instance: dict) -> str | None:
    """Compare a mask with its box, if it is not a crowd's."""
    if instance.get('ignore_flag'):
        return None
    if shape.area == 0:
        return 'is empty'
    x1, y1, x2, y2 = instance['bbox']
    own = shape.extent
    across = max(0, min(x2, own[2]) - max(x1, own[0]))
    down = max(0, min(y2, own[3]) - max(y1, own[1]))
    common = across * down
    whole = (x2 - x1) * (y2 - y1) + (own[2] - own[0]) * (own[3] - own[1]) - common
    if common < LEAST_OVERLAP * whole:
        shown, box = ([round(x, 1) for x in sides] for sides in (own, instance['bbox']))
        return f'lies at {shown}, but its box is {box}'
    return None

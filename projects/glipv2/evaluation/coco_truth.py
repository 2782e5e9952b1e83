"""The ground truth of a COCO file as pycocotools needs it."""

from collections.abc import Hashable, Mapping, Sequence
from contextlib import redirect_stdout
from copy import deepcopy
from io import StringIO

from mmdet.datasets.api_wrappers import COCO
from mmengine.logging import print_log
from pycocotools import mask as rle

from ..datasets.segmentation import canonical_segmentation


class NumberedCoco(COCO):
    """An index of annotations whose images and categories have whole numbers as ids.

    Args:
        content: ``images``, ``annotations`` and ``categories``, with ids of any type;
            stays as it is.
    """

    def __init__(self, content: Mapping) -> None:
        super().__init__()
        self.image_numbers = number_ids(content['images'])
        self.category_numbers = number_ids(content['categories'])
        self.dataset = dict(
            images=[
                dict(image, id=self.image_numbers[image['id']])
                for image in content['images']
            ],
            categories=[
                dict(category, id=self.category_numbers[category['id']])
                for category in content['categories']
            ],
            annotations=self._numbered(content['annotations']),
        )
        self._index()

    def loadRes(self, predictions: list[dict]) -> COCO:
        """Index predictions, or none, which pycocotools refuses.

        Args:
            predictions: Entries of a result file, with the file's own ids.

        Returns:
            The index.
        """
        with redirect_stdout(StringIO()):
            if predictions:
                return super().loadRes(self._numbered(predictions))
            nothing = COCO()
            nothing.dataset = dict(
                images=self.dataset['images'],
                categories=deepcopy(self.dataset['categories']),
                annotations=[],
            )
            nothing.createIndex()
            return nothing

    def _numbered(self, entries: Sequence[Mapping]) -> list[dict]:
        return [
            dict(
                entry,
                image_id=self.image_numbers[entry['image_id']],
                category_id=self.category_numbers[entry['category_id']],
            )
            for entry in entries
        ]

    def _index(self) -> None:
        with redirect_stdout(StringIO()):
            self.createIndex()
        self.img_ann_map, self.cat_img_map = self.imgToAnns, self.catToImgs


def number_ids(entries: Sequence[Mapping]) -> dict[Hashable, int]:
    """Find whole numbers for ids.

    Args:
        entries: Images or categories.

    Returns:
        The numbers by id: the ids themselves if all are whole numbers, or else the
        places in the list.
    """
    ids = [entry['id'] for entry in entries]
    if set(map(type, ids)) <= {int}:
        return dict(zip(ids, ids))
    return {own: number for number, own in enumerate(ids, 1)}


def with_masks(
    content: Mapping, sizes: Mapping[Hashable, tuple[int, int]], file: str
) -> dict:
    """Encode the masks of all annotations; objects without one are ignored.

    Such an object becomes a crowd as large as its box: it is neither found nor missed,
    and what is found there does not count.

    Args:
        content: ``images``, ``annotations`` and ``categories``; stays as it is.
        sizes: Height and width of the images as they were loaded, pixels, by id; the
            file's count for the others.
        file: What the log calls the file.

    Returns:
        The content with masks as RLE.
    """
    of_image = {
        image['id']: sizes.get(image['id'], (image['height'], image['width']))
        for image in content['images']
    }
    made, without, first = [], 0, ''
    for entry in content['annotations']:
        height, width = of_image[entry['image_id']]
        mask, fault = read_mask(entry.get('segmentation'), height, width)
        if mask is None:
            without += 1
            first = first or f'annotation {entry["id"]}: the mask {fault}'
            mask = [_box_as_polygon(entry['bbox'], height or 1, width or 1)]
            entry = dict(entry, iscrowd=1)
        if isinstance(mask, list):
            mask = rle.merge(rle.frPyObjects(mask, height or 1, width or 1))
        made.append(dict(entry, segmentation=mask))
    if without:
        print_log(
            f'{file}: segm ignores {without} objects that have no mask ({first})',
            logger='current',
        )
    return dict(content, annotations=made)


def read_mask(
    value: object, height: int | None, width: int | None
) -> tuple[list | dict | None, str]:
    """Read a mask, if there is one.

    Args:
        value: ``segmentation`` of the file.
        height: Height of the image, pixels; None: not known.
        width: Width of the image, pixels; None: not known.

    Returns:
        Polygons or RLE, or None; and why it is None.
    """
    if not height or not width:
        return None, 'is of an image of unknown size'
    try:
        return canonical_segmentation(value, height, width), 'is missing'
    except ValueError as error:
        return None, str(error)


def _box_as_polygon(box: Sequence[float], height: int, width: int) -> list[float]:
    x1, x2 = (min(max(x, 0), width) for x in (box[0], box[0] + box[2]))
    y1, y2 = (min(max(y, 0), height) for y in (box[1], box[1] + box[3]))
    return [x1, y1, x2, y1, x2, y2, x1, y2]

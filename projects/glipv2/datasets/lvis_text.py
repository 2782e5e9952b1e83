"""LVIS data whose class names are the text prompt."""

from typing import ClassVar

from mmdet.registry import DATASETS

from .coco_text import CocoTextDataset


@DATASETS.register_module()
class LvisTextDataset(CocoTextDataset):
    """LVIS v1, or a file in its format, whose samples carry the class names.

    mmdet's ``LVISV1Dataset`` stores all 1,203 names with every image, and needs
    ``coco_url`` and the package ``lvis``. Here images are found by ``coco_url``
    (``train2017/000000391895.jpg``, as in mmdet), ``file_name`` or id, whichever is in
    the file and on disk.

    Args:
        *args: As for ``CocoTextDataset``.
        **kwargs: As for ``CocoTextDataset``.
    """

    PREFERS_URL: ClassVar[bool] = True

"""COCO-format data whose class names are the text prompt."""

import logging
from collections.abc import Mapping
from os.path import isfile
from typing import ClassVar

from mmdet.datasets import CocoDataset
from mmdet.datasets.api_wrappers import COCO
from mmdet.registry import DATASETS
from mmengine.logging import print_log

from ..renamed import refusing_old_keys
from .bad_items import BadItems
from .coco_checks import (
    check_annotation_categories,
    check_categories,
    describe_bad_boxes,
    find_bad_boxes,
    order_classes,
)
from .json_file import read_json


@DATASETS.register_module()
@refusing_old_keys
class CocoTextDataset(BadItems, CocoDataset):
    """COCO-format detection data whose samples carry the class names.

    Class names come from the annotation file unless ``metainfo`` has ``classes``.
    They are sorted, together with a ``palette``, by the order of the file, in which
    mmdet and its ``CocoMetric`` count labels. Loading checks the file.

    Args:
        *args: As for mmdet's ``CocoDataset``.
        return_classes: Whether samples carry ``text`` (the class names),
            ``custom_entities`` and ``caption_prompt``.
        caption_prompt: Other words for a class: ``{name: {prefix, name, suffix}}``.
        allow_partial: Whether ``classes`` may lack categories that have annotations,
            which are then left out.
        on_bad: ``'error'``: boxes that are not finite or have no area stop the
            loading; ``'skip'``: they are left out, counted in ``num_skipped`` and
            logged.
        **kwargs: As for mmdet's ``CocoDataset``.

    Raises:
        ValueError: If the annotation file or the class list fails a check.
    """

    METAINFO: ClassVar[dict] = {}

    def __init__(
        self,
        *args,
        return_classes: bool = True,
        caption_prompt: Mapping[str, Mapping[str, str]] | None = None,
        allow_partial: bool = False,
        on_bad: str = 'error',
        **kwargs,
    ) -> None:
        self.allow_partial = allow_partial
        self.set_on_bad(on_bad)
        self._classes_ready = False
        # mmdet would store all names with every image; get_data_info adds them instead.
        # Under names of its own: the base class sets caption_prompt to None.
        self._gives_text = return_classes
        self._caption_prompt = caption_prompt
        super().__init__(*args, **kwargs)

    @property
    def metainfo(self) -> dict:
        """Class names in the file's order, palette, and other keys of ``metainfo``."""
        if not self._classes_ready and isfile(self.ann_file):
            content = read_json(self.ann_file)
            self._set_classes(check_categories(content, self.ann_file))
        return super().metainfo

    def COCOAPI(self, annotation_file: str) -> COCO:
        """Check and index the annotation file; mmdet calls this.

        Args:
            annotation_file: A local copy of the file.

        Returns:
            The index, without skipped annotations.

        Raises:
            ValueError: If the file fails a check.
        """
        content = read_json(annotation_file, self.ann_file)
        self._set_classes(check_categories(content, self.ann_file))
        check_annotation_categories(
            content, self.ann_file, self._metainfo['classes'], self.allow_partial
        )
        self._handle_bad_boxes(content)
        index = COCO()
        index.dataset = content
        index.createIndex()
        index.img_ann_map, index.cat_img_map = index.imgToAnns, index.catToImgs
        return index

    def get_data_info(self, idx: int) -> dict:
        """Read the entry of an image, with text keys.

        Args:
            idx: Index of the image.

        Returns:
            mmdet's entry, with ``text`` (tuple of class names, index = label),
            ``custom_entities`` and, if given, ``caption_prompt``.
        """
        info = super().get_data_info(idx)
        if self._gives_text:
            info['text'] = self._metainfo['classes']
            info['custom_entities'] = True
            if self._caption_prompt is not None:
                info['caption_prompt'] = self._caption_prompt
        return info

    def _set_classes(self, names: list[str]) -> None:
        if self._classes_ready:
            return
        classes = self._metainfo.get('classes')
        if classes is None:
            self._metainfo['classes'] = tuple(names)
        else:
            order = order_classes(classes, names, self.ann_file)
            if order != list(range(len(order))):
                print_log(
                    f'{type(self).__name__}: the classes are put into the order of '
                    f'{self.ann_file}, in which labels are counted',
                    logger='current',
                )
            self._metainfo['classes'] = tuple(classes[index] for index in order)
            palette = self._metainfo.get('palette')
            if isinstance(palette, (list, tuple)) and len(palette) == len(order):
                self._metainfo['palette'] = [palette[index] for index in order]
        self._classes_ready = True

    def _handle_bad_boxes(self, content: dict) -> None:
        bad = find_bad_boxes(content)
        if not bad:
            return
        described = describe_bad_boxes(content, bad)
        if self.on_bad == 'error':
            raise ValueError(
                f'{self.ann_file}: boxes must be finite [x, y, width, height] with '
                f'positive width and height. {described}. Correct the file, or set '
                "on_bad='skip' to leave these annotations out"
            )
        print_log(
            f'{self.ann_file}: left out {len(bad)} annotations with bad boxes: '
            f'{described}',
            logger='current',
            level=logging.WARNING,
        )
        self.num_skipped = len(bad)
        skipped = set(bad)
        content['annotations'] = [
            annotation
            for index, annotation in enumerate(content['annotations'])
            if index not in skipped
        ]

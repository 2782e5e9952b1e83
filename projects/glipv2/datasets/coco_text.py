"""COCO-format data whose class names are the text prompt."""

from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from os.path import isfile
from typing import ClassVar

from mmdet.datasets import CocoDataset
from mmdet.datasets.api_wrappers import COCO
from mmdet.registry import DATASETS
from mmengine.logging import print_log

from ..renamed import refusing_old_keys
from ..text.name_wording import read_wording
from .bad_items import BadItems
from .coco import CocoFile, read_coco_file
from .coco_checks import count_others, order_classes, refuse_others
from .transforms.load_masks import LoadTextMasks


@DATASETS.register_module()
@refusing_old_keys
class CocoTextDataset(BadItems, CocoDataset):
    """COCO-format detection data whose samples carry the class names.

    Class names come from the annotation file unless ``metainfo`` has ``classes``.
    They are sorted, together with a ``palette``, by the order of the file, in which
    mmdet and ``CocoMetric`` count labels. Loading checks and repairs the file
    (docs/robustness.md) and writes what it repaired in one line.

    Args:
        *args: As for mmdet's ``CocoDataset``.
        return_classes: Whether samples carry ``text`` (the class names),
            ``custom_entities`` and ``caption_prompt``.
        caption_prompt: Other words for a class: ``{name: {prefix, name, suffix}}``, or
            a file of them, of DesCo's descriptions or of K-LITE's knowledge
            (``text.name_wording``).
        allow_partial: Whether ``classes`` may lack categories that have annotations,
            which are then left out.
        on_bad: ``'error'``: boxes that are not finite, have no area or lie outside
            the image stop the loading; ``'skip'``: they are left out, counted in
            ``num_skipped`` and logged. Masks are checked if ``LoadTextMasks`` is in
            the pipeline, by its own ``on_bad``.
        **kwargs: As for mmdet's ``CocoDataset``.

    Raises:
        ValueError: If the annotation file or the class list fails a check.
    """

    METAINFO: ClassVar[dict] = {}
    PREFERS_URL: ClassVar[bool] = False  # to ``file_name``, for names of images

    def __init__(
        self,
        *args,
        return_classes: bool = True,
        caption_prompt: Mapping[str, Mapping[str, str]] | str | None = None,
        allow_partial: bool = False,
        on_bad: str = 'error',
        **kwargs,
    ) -> None:
        self.allow_partial = allow_partial
        self.set_on_bad(on_bad)
        self._classes_ready = False
        self._names_chosen: bool | None = None  # not known yet
        # mmdet would store all names with every image; get_data_info adds them instead.
        # Under names of its own: the base class sets caption_prompt to None.
        self._gives_text = return_classes
        self._caption_prompt = (
            read_wording(caption_prompt)
            if isinstance(caption_prompt, str)
            else caption_prompt
        )
        super().__init__(*args, **kwargs)

    @property
    def names_chosen(self) -> bool:
        """Whether the config lists the class names."""
        if self._names_chosen is None:
            self._names_chosen = self._metainfo.get('classes') is not None
        return self._names_chosen

    @property
    def metainfo(self) -> dict:
        """Class names in the file's order, palette, and other keys of ``metainfo``."""
        if not self._classes_ready and isfile(self.ann_file):
            self._set_classes(read_coco_file(self.ann_file))
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
        file = self.read_file(annotation_file)
        file.refuse_faults(self.names_chosen)
        if self.on_bad == 'error':
            file.refuse_bad_boxes()
        self._set_classes(file)
        if not self.allow_partial:
            others = count_others(file.content, self._metainfo['classes'])
            refuse_others(others, self.ann_file)
        file.log_repairs()
        self._skip_bad_boxes(file)
        for step in self.pipeline.transforms:
            if isinstance(step, LoadTextMasks):
                step.check_file(file)
        index = COCO()
        index.dataset = file.content
        with redirect_stdout(StringIO()):
            index.createIndex()
        index.img_ann_map, index.cat_img_map = index.imgToAnns, index.catToImgs
        return index

    def read_file(self, path: str | None = None) -> CocoFile:
        """Read the annotation file, for a loading or a check.

        Args:
            path: A local copy of it; None: it is local.

        Returns:
            The file, with its faults.

        Raises:
            OSError: If there is no such file.
            ValueError: If it is no COCO annotation file.
        """
        return read_coco_file(
            path or self.ann_file,
            self.ann_file,
            self.data_prefix.get('img', ''),
            self.PREFERS_URL,
        )

    def filter_data(self) -> list[dict]:
        """Leave images out as ``filter_cfg`` says; mmengine calls this.

        Returns:
            The entries of the others.

        Raises:
            ValueError: If none is left.
        """
        kept = super().filter_data()
        if not kept:
            given = len(self.data_list)
            why = f'filter_cfg leaves none of its {given} images; are there boxes?'
            raise ValueError(f'{self.ann_file}: {why if given else "it has no images"}')
        return kept

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

    def _set_classes(self, file: CocoFile) -> None:
        # Asked first: afterwards the file's names are there, too.
        classes = self._metainfo['classes'] if self.names_chosen else None
        if classes is not None:
            file.keep_named_root(classes)
        if self._classes_ready:
            return
        if classes is None:
            self._metainfo['classes'] = tuple(file.class_names)
        else:
            order = order_classes(classes, file.class_names, self.ann_file)
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

    def _skip_bad_boxes(self, file: CocoFile) -> None:
        if not file.bad_boxes:
            return
        shown = file.shown_bad_boxes
        number = file.drop_bad_boxes()
        reason = f'{self.ann_file}: {number} annotations with bad boxes: {shown}'
        self.count_skipped('boxes', reason, number)

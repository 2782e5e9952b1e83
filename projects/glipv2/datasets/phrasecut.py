"""PhraseCut: phrases and the regions that they name."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from mmdet.registry import DATASETS

from ..structures.corners import corners_of
from ..text.sample_text import has_words
from .coco.boxes import find_bad_boxes
from .files.file_parts import FileParts
from .files.kept_file import kept_file
from .files.list_items import list_items
from .files.stored_records import StoredRecords
from .files.utf8_file import utf8_file
from .images.image_path import image_path

NEEDED = ('task_id', 'image_id', 'phrase', 'instance_boxes', 'Polygons')
WHOLE_PHRASE = -1  # tokens_positive: all words name the regions

Report = Callable[[ValueError], None]


@DATASETS.register_module()
class PhraseCutDataset(StoredRecords):
    """Tasks of PhraseCut's ``refer_{train,val,test,miniv}.json`` (CVPR 2020).

    A sample is a phrase with all its instances; all words of the phrase name them
    (GLIPv2 section 4). ``LoadTextMasks`` reads their polygons. The file is checked
    once; then only the places of its tasks are kept.

    Args:
        *args: As for mmdet's ``BaseDetDataset``.
        img_suffix: File names of images are ``IMAGE_ID`` with this suffix.
        stuff_names: Names of stuff ("grass"); ``subsets`` then tell ``stuff`` from
            ``things``.
        **kwargs: As for mmdet's ``BaseDetDataset``.

    Raises:
        ValueError: If the file is not a list of tasks, or a task lacks a key, has an
            empty phrase, a box without area, unequal numbers of boxes and polygons or
            a duplicate id.
    """

    METAINFO: dict = dict(classes=('object',))

    def __init__(
        self,
        *args,
        img_suffix: str = '.jpg',
        stuff_names: tuple[str, ...] | None = None,
        **kwargs,
    ) -> None:
        self.img_suffix = img_suffix
        self.stuff_names = None if stuff_names is None else frozenset(stuff_names)
        super().__init__(*args, **kwargs)

    def open_records(self) -> FileParts:
        """Check the tasks, once and by one process, and find them."""
        text = utf8_file(Path(self.ann_file))
        return self.open_at(kept_file((text,), '.phrasecut', self._write))

    def open_at(self, table: Path | np.ndarray) -> FileParts:
        """Open the file at known places (``FileParts``)."""
        self.records = FileParts(utf8_file(Path(self.ann_file)), table)
        return self.records

    def read_entry(self, number: int) -> dict:
        """Read a task.

        Args:
            number: Its place in the file.

        Returns:
            mmdet's entry, with ``text`` (the phrase), ``tokens_positive`` (-1),
            ``task_id`` and ``subsets`` (which the metric reports one by one).
        """
        return self._entry(json.loads(self.records[number]))

    def places(self, report: Report) -> Iterator[tuple[int, int]]:
        """Check the tasks, without holding the file.

        Args:
            report: Is called with what is wrong with a task (names it), which is then
                left out.

        Yields:
            Start and end of a task in bytes, as UTF-8.

        Raises:
            ValueError: If the file is no list.
        """
        seen: set[str] = set()
        for number, (start, end, task) in enumerate(
            list_items(utf8_file(Path(self.ann_file)), needs_list=True), 1
        ):
            own = task.get('task_id') if isinstance(task, dict) else None
            name = f'item {number} of the list' if own is None else f'task {own}'
            try:
                self._check(task, seen)
            except ValueError as error:
                report(ValueError(f'{self.ann_file}, {name} {error}'))
            else:
                yield start, end

    def _write(self, file: BinaryIO) -> None:
        def stop(error: ValueError) -> None:
            raise error

        for place in self.places(stop):
            np.array(place, np.int64).tofile(file)

    def _check(self, task: object, seen: set[str]) -> None:
        if not isinstance(task, dict):
            raise ValueError(f'is no object: {task!r:.60}')
        lacking = [key for key in NEEDED if task.get(key) is None]
        if lacking:
            raise ValueError(f'lacks {", ".join(lacking)}')
        if not isinstance(task['phrase'], str) or not has_words(task['phrase']):
            raise ValueError(f'has an empty phrase ({task["phrase"]!r})')
        try:
            boxes, polygons = len(task['instance_boxes']), len(task['Polygons'])
            self._entry(task)
        except (AttributeError, TypeError, ValueError) as error:
            raise ValueError(
                f'has no boxes [x, y, width, height] and polygons of points, but '
                f'{task["instance_boxes"]!s:.60} and {task["Polygons"]!s:.60}'
            ) from error
        if boxes != polygons:
            raise ValueError(f'has {boxes} boxes, but {polygons} outlines')
        given = np.array(task['instance_boxes'], float).reshape(-1, 4)
        anywhere = np.full((boxes, 2), np.inf)  # sizes of images are not in the file
        bad, outside = find_bad_boxes(given, anywhere)
        if (bad | outside).any():
            shown = task['instance_boxes'][int((bad | outside).argmax())]
            raise ValueError(f'has the box {shown}, which shows nothing of the image')
        if str(task['task_id']) in seen:
            raise ValueError('is a duplicate')
        seen.add(str(task['task_id']))

    def _entry(self, task: dict) -> dict:
        instances = [
            dict(
                bbox=corners_of([float(x) for x in box]),
                bbox_label=0,
                ignore_flag=0,
                mask=[
                    [float(number) for point in polygon for number in point]
                    for polygon in polygons
                ],
            )
            for box, polygons in zip(task['instance_boxes'], task['Polygons'])
        ]
        file = f'{task["image_id"]}{self.img_suffix}'
        return dict(
            img_id=task['image_id'],
            img_path=image_path(self.data_prefix.get('img', ''), file, 'image_id'),
            instances=instances,
            text=task['phrase'],
            tokens_positive=WHOLE_PHRASE,
            task_id=task['task_id'],
            subsets=self._subsets(task),
        )

    def _subsets(self, task: dict) -> list[str]:
        structure = task.get('phrase_structure')
        if structure is None:
            return []
        found = ['attributes'] if structure.get('attributes') else []
        if self.stuff_names is not None:
            is_stuff = structure.get('name') in self.stuff_names
            found.append('stuff' if is_stuff else 'things')
        return found

"""PhraseCut: phrases and the regions that they name."""

from os.path import join

from mmdet.datasets import BaseDetDataset
from mmdet.registry import DATASETS

from .json_file import read_json

NEEDED = ('task_id', 'image_id', 'phrase', 'instance_boxes', 'Polygons')
WHOLE_PHRASE = -1  # tokens_positive: all words name the regions


@DATASETS.register_module()
class PhraseCutDataset(BaseDetDataset):
    """Tasks of PhraseCut's ``refer_{train,val,test,miniv}.json`` (CVPR 2020).

    A sample is a phrase with all its instances; all words of the phrase name them
    (GLIPv2 section 4). ``LoadTextMasks`` reads their polygons.

    Args:
        *args: As for mmdet's ``BaseDetDataset``.
        img_suffix: File names of images are ``IMAGE_ID`` with this suffix.
        stuff_names: Names of stuff ("grass"); ``subsets`` then tell ``stuff`` from
            ``things``.
        **kwargs: As for mmdet's ``BaseDetDataset``.

    Raises:
        ValueError: If the file is not a list of tasks, or a task lacks a key, has an
            empty phrase, unequal numbers of boxes and polygons or a duplicate id.
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

    def load_data_list(self) -> list[dict]:
        """Read all tasks.

        Returns:
            mmdet's entries, with ``text`` (the phrase), ``tokens_positive`` (-1),
            ``task_id`` and ``subsets`` (which the metric reports one by one).
        """
        tasks = read_json(self.ann_file)
        if not isinstance(tasks, list):
            raise ValueError(f'{self.ann_file} must hold a list of tasks')
        seen: set[str] = set()
        return [self.read_task(task, seen) for task in tasks]

    def read_task(self, task: dict, seen: set[str]) -> dict:
        """Check a task and make its entry.

        Args:
            task: A task of the file.
            seen: Ids of earlier tasks; updated in place.

        Returns:
            mmdet's entry.

        Raises:
            ValueError: If the task is wrong (names it).
        """
        self._check(task, seen)
        return self._entry(task)

    def _check(self, task: dict, seen: set[str]) -> None:
        name = f'{self.ann_file}, task {task.get("task_id")}'
        lacking = [key for key in NEEDED if key not in task]
        if lacking:
            raise ValueError(f'{name} lacks {", ".join(lacking)}')
        if not task['phrase'].strip(' .'):
            raise ValueError(f'{name} has an empty phrase')
        boxes, polygons = len(task['instance_boxes']), len(task['Polygons'])
        if boxes != polygons:
            raise ValueError(f'{name} has {boxes} boxes, but {polygons} outlines')
        if task['task_id'] in seen:
            raise ValueError(f'{name} is a duplicate')
        seen.add(task['task_id'])

    def _entry(self, task: dict) -> dict:
        instances = [
            dict(
                bbox=[left, top, left + width, top + height],
                bbox_label=0,
                ignore_flag=0,
                mask=[
                    [float(number) for point in polygon for number in point]
                    for polygon in polygons
                ],
            )
            for (left, top, width, height), polygons in zip(
                task['instance_boxes'], task['Polygons']
            )
        ]
        file = f'{task["image_id"]}{self.img_suffix}'
        return dict(
            img_id=task['image_id'],
            img_path=join(self.data_prefix.get('img', ''), file),
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

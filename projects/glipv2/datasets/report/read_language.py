"""Items of PhraseCut, VQA and caption data; problems do not stop the reading."""

from collections.abc import Callable, Iterator

import numpy as np

from ..coco_karpathy import CocoKarpathyDataset
from ..files.duplicates import DuplicateError
from ..phrasecut import PhraseCutDataset
from ..vqa import VQADataset
from ..vqa_file import pair_places
from .item import Box, Item
from .problems import CAPTIONS, DUPLICATE, FILE, ITEM, QUESTIONS, Kind, Problems


def read_phrasecut(dataset: PhraseCutDataset, problems: Problems) -> Iterator[Item]:
    """Read PhraseCut's tasks.

    Args:
        dataset: A data set that is not loaded.
        problems: Receives problems.

    Yields:
        An item for each task.
    """
    try:
        places = list(dataset.places(_reporter(ITEM, problems)))
        dataset.open_at(np.array(places, np.int64).reshape(-1, 2))
    except (OSError, ValueError) as error:
        problems.add(FILE, dataset.ann_file, error)
        return
    for number in range(len(dataset.records)):
        entry = dataset.read_entry(number)
        boxes = [
            Box(f'box {index}', instance['bbox'], instance['mask'])
            for index, instance in enumerate(entry['instances'])
        ]
        phrase = entry['text']
        yield Item(
            f'{dataset.ann_file}, task {entry["task_id"]}',
            entry['img_path'],
            boxes=boxes,
            counted=[phrase] * len(boxes),
            text=phrase,
            phrases={0: [[0, len(phrase)]]},
        )


def read_vqa(dataset: VQADataset, problems: Problems) -> Iterator[Item]:
    """Read questions and answers.

    Args:
        dataset: A data set that is not loaded.
        problems: Receives problems.

    Yields:
        An item for each question.
    """
    try:
        table = pair_places(
            dataset.question_file,
            dataset.ann_file,
            dataset.img_name,
            _reporter(QUESTIONS, problems),
        )
        dataset.open_at(table)
    except (OSError, ValueError) as error:
        problems.add(FILE, dataset.question_file, error)
        return
    for number in range(len(dataset.records)):
        entry = dataset.read_entry(number)
        yield Item(
            f'{dataset.question_file}, question {entry["question_id"]}',
            entry['img_path'],
            counted=entry.get('gt_answers', []),
            text=entry['text'],
        )


def read_captions(dataset: CocoKarpathyDataset, problems: Problems) -> Iterator[Item]:
    """Read captions, in COCO's or Karpathy's form.

    Args:
        dataset: A data set that is not loaded.
        problems: Receives problems.

    Yields:
        An item for each caption, or for each image without any.
    """
    report = _reporter(CAPTIONS, problems)
    try:
        for image in dataset.images(report):
            for text in image.captions or [None]:
                yield Item(
                    f'{dataset.ann_file}, image {image.image_id}',
                    image.path,
                    text=None if text is None else dataset.prompt + text,
                    text_is_cut=dataset.long_captions == 'truncate',
                )
    except (OSError, ValueError) as error:
        problems.add(FILE, dataset.ann_file, error)


def _reporter(kind: Kind, problems: Problems) -> Callable[[ValueError], None]:
    def report(error: ValueError) -> None:
        # Its text begins with file and entry.
        problems.add(
            DUPLICATE if isinstance(error, DuplicateError) else kind, '', error
        )

    return report

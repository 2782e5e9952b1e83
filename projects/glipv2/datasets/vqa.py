"""VQAv2: questions and answers."""

import json
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import numpy as np
from mmdet.registry import DATASETS
from mmengine.fileio import join_path
from mmengine.utils import is_abs

from .files.file_parts import FileParts
from .files.kept_file import kept_file
from .files.stored_records import StoredRecords
from .files.utf8_file import utf8_file
from .images.image_path import image_path
from .vqa_file import pair_places, read_annotation, read_question


@DATASETS.register_module()
class VQADataset(StoredRecords):
    """Questions and answers of VQAv2's official files (Goyal et al., CVPR 2017).

    A sample is a question. ``LoadImage`` names missing images. Both files are checked
    once; then only the places of their entries are kept. Answers may be numbers or
    truth values, and ids texts.

    Args:
        *args: As for mmdet's ``BaseDetDataset``.
        question_file: The questions (``v2_OpenEnded_mscoco_SPLIT_questions.json``).
        ann_file: The answers (``v2_mscoco_SPLIT_annotations.json``); empty for the test
            splits, which have none.
        img_name: Pattern of an image's file name, with ``image_id``. A ``file_name``
            of a question, which official files lack, comes first.
        **kwargs: As for mmdet's ``BaseDetDataset``.

    Raises:
        ValueError: If a file is not a VQA file, a question has no words, a question or
            an annotation is a duplicate, or questions and annotations do not match.
    """

    METAINFO: dict = {}

    def __init__(
        self,
        *args,
        question_file: str,
        ann_file: str = '',
        img_name: str = 'COCO_train2014_{image_id:012d}.jpg',
        **kwargs,
    ) -> None:
        self.question_file = question_file
        self.img_name = img_name
        super().__init__(*args, ann_file=ann_file, **kwargs)

    def open_records(self) -> FileParts:
        """Check both files, once and by one process, and find the questions."""
        pattern = sha256(self.img_name.encode()).hexdigest()[:8]
        return self.open_at(kept_file(self._texts(), f'.{pattern}.vqa', self._write))

    def open_at(self, table: Path | np.ndarray) -> FileParts:
        """Open the files at known places (:func:`pair_places`)."""
        texts = self._texts()
        self._answers = FileParts(texts[-1], table, width=4, column=2)
        self.records = FileParts(texts[0], table, width=4)
        return self.records

    def read_entry(self, number: int) -> dict:
        """Read a question.

        Args:
            number: Its place among the questions.

        Returns:
            The entry, with ``img_id``, ``img_path``, ``task`` ('vqa'), ``text`` (the
            question), ``question_id``, no ``instances`` and, if there are annotations,
            ``gt_answers`` (list of str), ``question_type`` and ``answer_type``.
        """
        question = read_question(json.loads(self.records[number]), self.img_name)
        folder = self.data_prefix.get('img', '')
        entry = dict(
            img_id=question['image_id'],
            img_path=image_path(folder, question['file_name'], 'file_name'),
            task='vqa',
            text=question['question'],
            question_id=question['question_id'],
            instances=[],
        )
        if annotation := self._answers[number]:
            entry.update(read_annotation(json.loads(annotation)))
            del entry['image_id']
        return entry

    def _texts(self) -> list[Path]:
        """Find questions and, if there are any, annotations as UTF-8."""
        paths = (self.question_file, self.ann_file)
        return [utf8_file(Path(path)) for path in paths if path]

    def _write(self, file: BinaryIO) -> None:
        def stop(error: ValueError) -> None:
            raise error

        pair_places(self.question_file, self.ann_file, self.img_name, stop).tofile(file)

    def _join_prefix(self) -> None:
        super()._join_prefix()
        if self.data_root and not is_abs(self.question_file):
            self.question_file = join_path(self.data_root, self.question_file)

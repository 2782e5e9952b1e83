"""VQAv2: questions and answers."""

from os.path import join

from mmdet.datasets import BaseDetDataset
from mmdet.registry import DATASETS
from mmengine.fileio import join_path
from mmengine.utils import is_abs

from ..text.sample_text import has_words
from .json_file import read_json

QUESTION_KEYS = ('question_id', 'image_id', 'question')


@DATASETS.register_module()
class VQADataset(BaseDetDataset):
    """Questions and answers of VQAv2's official files (Goyal et al., CVPR 2017).

    A sample is a question. ``LoadImage`` names missing images.

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

    def load_data_list(self) -> list[dict]:
        """Read all questions.

        Returns:
            Entries with ``img_id``, ``img_path``, ``task`` ('vqa'), ``text`` (the
            question), ``question_id``, no ``instances`` and, if there are annotations,
            ``gt_answers`` (list of str), ``question_type`` and ``answer_type``.
        """
        questions = self._read_questions()
        annotations = self._read_annotations(questions) if self.ann_file else {}
        return [
            self._entry(question, annotations.get(number))
            for number, question in questions.items()
        ]

    def _join_prefix(self) -> None:
        super()._join_prefix()
        if self.data_root and not is_abs(self.question_file):
            self.question_file = join_path(self.data_root, self.question_file)

    def _read_questions(self) -> dict[int, dict]:
        questions: dict[int, dict] = {}
        for question in _read_list(self.question_file, 'questions'):
            number = question.get('question_id')
            name = f'{self.question_file}, question {number}'
            lacking = [key for key in QUESTION_KEYS if question.get(key) is None]
            if lacking:
                raise ValueError(f'{name} lacks {", ".join(lacking)}')
            if not has_words(question['question']):
                raise ValueError(
                    f'{name} has no words ({question["question"]!r}); correct the file '
                    'or take the question out'
                )
            if number in questions:
                raise ValueError(f'{name} is a duplicate')
            questions[number] = question
        return questions

    def _read_annotations(self, questions: dict[int, dict]) -> dict[int, dict]:
        annotations: dict[int, dict] = {}
        for annotation in _read_list(self.ann_file, 'annotations'):
            number = annotation.get('question_id')
            name = f'{self.ann_file}, the annotation of question {number}'
            if number not in questions:
                raise ValueError(
                    f'{name}: {self.question_file} has no such question; do the two '
                    'files belong to the same split?'
                )
            if number in annotations:
                raise ValueError(f'{name} is a duplicate')
            image_id = questions[number]['image_id']
            if annotation.get('image_id', image_id) != image_id:
                raise ValueError(
                    f'{name} is about image {annotation["image_id"]}, but the '
                    f'question is about image {image_id}'
                )
            if not annotation.get('answers'):
                raise ValueError(f'{name} has no answers')
            annotations[number] = annotation
        missing = [number for number in questions if number not in annotations]
        if missing:
            raise ValueError(
                f'{self.ann_file} has no annotation of question {missing[0]} of '
                f'{self.question_file} ({len(missing)} questions lack theirs); for a '
                'test split leave ann_file empty'
            )
        return annotations

    def _entry(self, question: dict, annotation: dict | None) -> dict:
        image_id = question['image_id']
        file = question.get('file_name') or self.img_name.format(image_id=image_id)
        entry = dict(
            img_id=image_id,
            img_path=join(self.data_prefix.get('img', ''), file),
            task='vqa',
            text=question['question'],
            question_id=question['question_id'],
            instances=[],
        )
        if annotation is not None:
            entry['gt_answers'] = [item['answer'] for item in annotation['answers']]
            entry['question_type'] = annotation.get('question_type', '')
            entry['answer_type'] = annotation.get('answer_type', '')
        return entry


def _read_list(path: str, key: str) -> list[dict]:
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get(key), list):
        raise ValueError(f'{path} is no VQA file: it has no list {key!r}')
    return content[key]

"""Questions and answers of VQA files (VQAv2's layout)."""

from collections.abc import Callable, Iterator
from math import isfinite
from pathlib import Path

import numpy as np

from ..text.sample_text import has_words
from .coco.ids import id_key
from .files.duplicates import DuplicateError
from .files.list_items import NoListError, Part, list_items
from .files.utf8_file import utf8_file

NOWHERE = (0, 0)  # of a missing annotation
Report = Callable[[ValueError], None]


def read_question(content: dict, img_name: str) -> dict:
    """Check a question.

    Args:
        content: An item of the list ``questions``.
        img_name: Pattern of an image's file name, with ``image_id``.

    Returns:
        ``question_id``, ``image_id``, ``question`` and ``file_name``.

    Raises:
        ValueError: If a key is missing or wrong.
    """
    ids = {key: id_key(content.get(key)) for key in ('question_id', 'image_id')}
    lacking = [key for key, value in ids.items() if value is None]
    text = content.get('question')
    if text is None:
        lacking.append('question')
    if lacking:
        raise ValueError(f'lacks {", ".join(lacking)}')
    if not isinstance(text, str) or not has_words(text):
        raise ValueError(
            f'has no words ({text!r}); correct the file or take the question out'
        )
    file = content.get('file_name')
    if file is None:
        file = _named(img_name, content['image_id'], ids['image_id'])
    elif not isinstance(file, str) or not file.strip():
        raise ValueError(f'has the file_name {file!r}, which names no image')
    return dict(ids, question=text, file_name=file)


def read_annotation(content: dict) -> dict:
    """Check an annotation.

    Args:
        content: An item of the list ``annotations``.

    Returns:
        ``image_id`` (maybe None), ``gt_answers`` (list of str), ``question_type`` and
        ``answer_type``.

    Raises:
        ValueError: If it has no answers, or one is no text.
    """
    answers = content.get('answers')
    if answers is None or answers == []:
        raise ValueError('has no answers')
    answers = answers if isinstance(answers, list) else [answers]
    return dict(
        image_id=id_key(content.get('image_id')),
        gt_answers=[
            answer_text(answer, number) for number, answer in enumerate(answers, 1)
        ],
        **{
            key: '' if content.get(key) is None else str(content[key])
            for key in ('question_type', 'answer_type')
        },
    )


def answer_text(answer: object, number: int | None = None) -> str:
    """Write an answer as people would: 2 for 2 and 2.0, yes for true.

    Args:
        answer: Text, number or truth value, or an object that has one as ``answer``.
        number: Its number among a question's answers, for errors.

    Returns:
        The text.

    Raises:
        ValueError: If it is none of these.
    """
    value = answer.get('answer') if isinstance(answer, dict) else answer
    if isinstance(value, bool):
        return 'yes' if value else 'no'
    if isinstance(value, float) and isfinite(value):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, (int, str)):
        return str(value)
    name = 'answer' if number is None else f'answer {number}'
    raise ValueError(f'has no text as {name}, but {value!r:.60}; take it out')


def pair_places(
    question_file: str, ann_file: str, img_name: str, report: Report
) -> np.ndarray:
    """Check the files, without holding them, and find where each question is.

    Args:
        question_file: The questions.
        ann_file: The annotations; empty: there are none.
        img_name: Pattern of an image's file name, with ``image_id``.
        report: Is called with what is wrong with an entry (names file and entry).
            A question is then left out, or has no answers.

    Returns:
        (questions, 4) int64: start and end of each question and of its annotation, in
        bytes of the files as UTF-8; 0, 0 without annotation.

    Raises:
        OSError: If there is no such file.
        ValueError: If a file is no VQA file.
    """
    places: dict[int | str, tuple[int, ...]] = {}
    images: dict[int | str, int | str] = {}
    questions = file_items(question_file, 'questions')
    for number, (start, end, content) in enumerate(questions, 1):
        try:
            question = read_question(content, img_name)
            own = question['question_id']
            if own in places:
                raise DuplicateError('is a duplicate')
        except ValueError as error:
            name = _name_of(content, number, 'question')
            report(type(error)(f'{question_file}, {name} {error}'))
        else:
            places[own] = (start, end, *NOWHERE)
            images[own] = question['image_id']
    if ann_file:
        _add_annotations(question_file, ann_file, places, images, report)
    return np.array(list(places.values()), np.int64).reshape(-1, 4)


def _add_annotations(
    question_file: str,
    ann_file: str,
    places: dict[int | str, tuple[int, ...]],
    images: dict[int | str, int | str],
    report: Report,
) -> None:
    for number, (start, end, content) in enumerate(
        file_items(ann_file, 'annotations'), 1
    ):
        own = id_key(content.get('question_id'))
        try:
            if own not in places:
                raise ValueError(
                    f': {question_file} has no such question; do the two files belong '
                    'to the same split?'
                )
            if places[own][2:] != NOWHERE:
                raise DuplicateError(' is a duplicate')
            _check_annotation(content, images[own])
        except ValueError as error:
            name = _name_of(content, number, 'the annotation of question')
            report(type(error)(f'{ann_file}, {name}{error}'))
        else:
            places[own] = (*places[own][:2], start, end)
    missing = [own for own, place in places.items() if place[2:] == NOWHERE]
    for own in missing:
        report(
            ValueError(
                f'{ann_file} has no annotation of question {own} of {question_file} '
                f'({len(missing)} questions lack theirs); for a test split leave '
                'ann_file empty'
            )
        )


def _check_annotation(content: dict, image: int | str) -> None:
    try:
        about = read_annotation(content)['image_id']
    except ValueError as error:
        raise ValueError(f' {error}') from error
    if about not in (None, image):
        raise ValueError(
            f' is about image {about}, but the question is about image {image}'
        )


def file_items(path: str, key: str) -> Iterator[Part]:
    """Read the items of a VQA file; each is an object."""
    try:
        for number, part in enumerate(list_items(utf8_file(Path(path)), key), 1):
            if not isinstance(part[2], dict):
                raise ValueError(
                    f'{path}, item {number} of {key!r} is no object: {part[2]!r:.60}'
                )
            yield part
    except NoListError as error:
        hint = ''
        if error.others & {'questions', 'annotations'}:
            hint = '; question_file and ann_file may be swapped'
        raise ValueError(
            f'{path} is no VQA file: it has no list {key!r}{hint}'
        ) from error


def _name_of(content: dict, number: int, what: str) -> str:
    """Name an entry by its id, or by its place."""
    own = content.get('question_id')
    return f'{what} {own}' if own is not None else f'item {number} of the list'


def _named(img_name: str, given: object, image_id: int | str) -> str:
    """Fill the pattern: an id of digits as it is written, unless numbers are needed."""
    for value in (given, image_id):
        try:
            return img_name.format(image_id=value)
        except (IndexError, KeyError, ValueError):
            continue
    raise ValueError(f'has the image_id {given!r}, which does not fit {img_name!r}')

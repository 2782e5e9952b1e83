"""How many questions of VQA annotation files have each answer."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ..text.answers import normalise_answer


def read_annotations(path: Path) -> list[dict]:
    """Read a VQA annotation file; ValueError if it is none."""
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except ValueError as error:
        raise ValueError(f'{path} is no JSON file: {error}') from error
    if not isinstance(content, dict) or 'annotations' not in content:
        raise ValueError(f"{path} is no VQA annotation file: it has no 'annotations'")
    return content['annotations']


def count_questions(annotations: Iterable[dict]) -> Counter[str]:
    """Count the questions of each answer.

    A question counts for the answer that most people gave
    (``multiple_choice_answer``).

    Args:
        annotations: Of all files.

    Returns:
        Number of questions by normalised answer.

    Raises:
        ValueError: If an annotation has no such answer (names its question).
    """
    counts: Counter[str] = Counter()
    for annotation in annotations:
        answer = annotation.get('multiple_choice_answer')
        if answer is None:
            raise ValueError(
                f'the annotation of question {annotation.get("question_id")} has no '
                "'multiple_choice_answer'"
            )
        counts[normalise_answer(answer)] += 1
    del counts['']
    return counts

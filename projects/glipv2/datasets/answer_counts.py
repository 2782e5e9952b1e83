"""How many questions of VQA annotation files have each answer."""

from collections import Counter
from collections.abc import Iterable, Iterator

from ..text.answers import normalise_answer
from .vqa_file import answer_text, file_items, read_annotation


def read_annotations(path: str) -> Iterator[str]:
    """Read the answer that most people gave to each question.

    Args:
        path: A VQA annotation file.

    Yields:
        ``multiple_choice_answer``, or, where that is missing, the commonest of
        ``answers``.

    Raises:
        OSError: If there is no such file.
        ValueError: If it is no such file, or a question has no answer (names it).
    """
    for _, _, annotation in file_items(path, 'annotations'):
        try:
            chosen = annotation.get('multiple_choice_answer')
            if chosen is None:
                given = read_annotation(annotation)['gt_answers']
                chosen = Counter(map(normalise_answer, given)).most_common(1)[0][0]
            yield answer_text(chosen)
        except ValueError as error:
            own = annotation.get('question_id')
            raise ValueError(
                f'{path}, the annotation of question {own} {error}'
            ) from error


def count_questions(answers: Iterable[str]) -> Counter[str]:
    """Count the questions of each answer.

    Args:
        answers: One of each question.

    Returns:
        Number of questions by normalised answer.
    """
    counts = Counter(map(normalise_answer, answers))
    del counts['']
    return counts

"""The list of answers that a VQA head knows."""

import json
from collections.abc import Sequence
from pathlib import Path

from ..data_page import missing_data
from .answers import normalise_answer


def read_answers(
    answers: str | Sequence[str], num_answers: int | None = None
) -> tuple[str, ...]:
    """Read a list of answers and check it.

    Args:
        answers: The answers, or a file with them: one a line, or a JSON list.
        num_answers: The number expected; None: any.

    Returns:
        The answers in their order.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If there is no answer or not the number expected, or one is
            empty or a duplicate after normalisation (names it).
    """
    source = 'vqa_head.answers'
    if isinstance(answers, str):
        source = answers
        path = Path(answers)
        if not path.is_file():
            raise missing_data(
                answers,
                'file of answers (tools/dataset_converters/vqa_answers.py writes one)',
            )
        try:
            content = path.read_text(encoding='utf-8-sig').strip()
            is_json = content.startswith('[')
            answers = json.loads(content) if is_json else content.splitlines()
        except (ValueError, RecursionError) as error:
            raise ValueError(
                f'{answers} is no list of answers: {error}. It has one a line in '
                'UTF-8, or is a JSON list'
            ) from error
    if not answers:
        raise ValueError(f'{source} lists no answer; a VQA head needs some')
    if num_answers is not None and len(answers) != num_answers:
        raise ValueError(
            f'{source} lists {len(answers)} answers, but the head has num_answers='
            f'{num_answers}'
        )
    seen: dict[str, int] = {}
    for number, answer in enumerate(answers):
        if not isinstance(answer, str) or not normalise_answer(answer):
            raise ValueError(f'{source}: answer {number} is empty: {answer!r}')
        first = seen.setdefault(normalise_answer(answer), number)
        if first != number:
            raise ValueError(
                f'{source}: answers {first} ({answers[first]!r}) and {number} '
                f'({answer!r}) are duplicates after normalisation'
            )
    return tuple(answers)

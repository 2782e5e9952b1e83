"""Result files as evaluation servers take them."""

import json
from collections.abc import Sequence
from pathlib import Path


def write_results(
    path: str | Path, results: Sequence[dict], key: str, what: str
) -> None:
    """Write one line of a result file per question or picture.

    Args:
        path: The file; its folder is made.
        results: With the number under ``key`` and the text under ``what``.
        key: ``'question_id'`` or ``'image_id'``.
        what: ``'answer'`` or ``'caption'``.

    Raises:
        ValueError: If a number is missing or there twice (names it).
    """
    texts: dict[int, str] = {}
    for result in results:
        number = result[key]
        if number is None or number in texts:
            raise ValueError(
                f'the result file needs every {key} once, but one is missing or there '
                f'twice: {number}'
            )
        texts[number] = result[what]
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([{key: n, what: text} for n, text in texts.items()]))

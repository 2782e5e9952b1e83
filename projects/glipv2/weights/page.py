"""The table of docs/weights.md, made of the model index."""

import re

from .table import Release, releases

PLACE = re.compile(r'(<!-- weights -->\n).*?(<!-- /weights -->)', re.DOTALL)
HEAD = ('| name | what | file | size | licence | scores |', '|---|---|---|---|---|---|')


def fill_page(text: str) -> str:
    """Bring the table of a document up to date.

    Args:
        text: The document.

    Returns:
        The document; as it is if it has no such table.
    """
    lines = [*HEAD, *(_line_of(row) for row in releases().values())]
    table = '\n'.join(lines)
    return PLACE.sub(lambda place: f'{place[1]}{table}\n{place[2]}', text)


def _line_of(row: Release) -> str:
    scores = f'{row.scores} ({row.measured_by})' if row.scores else '–'
    cells = (
        f'`{row.name}`', row.what, f'[{row.file}]({row.url})', row.shown_size,
        row.license, scores,
    )  # fmt: skip
    return f'| {" | ".join(cells)} |'

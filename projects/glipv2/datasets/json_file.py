"""JSON files, with one line for what is none."""

import json


def read_json(path: str, name: str | None = None) -> object:
    """Read a JSON file.

    Args:
        path: The file.
        name: What errors call it; None: its path.

    Returns:
        Its content.

    Raises:
        OSError: If there is no such file.
        ValueError: If it is no JSON.
    """
    with open(path, encoding='utf-8') as file:
        try:
            return json.load(file)
        except ValueError as error:
            raise ValueError(f'{name or path} is not valid JSON: {error}') from error

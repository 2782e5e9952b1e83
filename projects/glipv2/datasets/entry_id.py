"""Ids of questions, images and captions."""


class DuplicateError(ValueError):
    """An entry whose id another one has."""


def entry_id(value: object) -> int | str | None:
    """Read an id, so that ids that are equal to people are equal.

    Args:
        value: As it is in the file.

    Returns:
        A number (also for '7', '007' and 7.0), or another text; None: it is no id.
    """
    if isinstance(value, str):
        text = value.strip()
        return int(text) if text.isdecimal() else text or None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None

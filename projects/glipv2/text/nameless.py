"""Things without a name: ``object 1``, ``object 2``, ..."""

import re

from .name_layout import clean_name

_NAMELESS = re.compile(r'object \d+')


def name_of_nameless(number: int) -> str:
    """Name a thing that has examples and no name; ``number`` counts from 1."""
    return f'object {number}'


def is_nameless(name: str) -> bool:
    """Check whether a name says nothing, so that its words are hidden."""
    return _NAMELESS.fullmatch(clean_name(name)) is not None

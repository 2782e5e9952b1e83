"""Names in one string: where one ends and the next begins."""

import re

# Whatever else a string holds, these part names.
# From the first of several dots, so that the time is linear.
_FULL_STOP = re.compile(r'(?<!\.)\.+(?=\s|$)|\s\.+(?=[^\W\d])')
_MARKS = re.compile(r'[|;；\n\r\u2028\u2029。｡．]+')
# These part names where nothing above does: 'tv/monitor . dog' has two names. A full
# stop or slash needs two letters on either side: '3.5 mm', 'U.S.' and '1/2' stay whole.
_DOT_OR_SLASH = re.compile(
    r'(?<=[^\W\d_]{2})\.(?=[^\W\d_]{2})|(?<=[^\W\d_]{2})\s*/\s*(?=[^\W\d_]{2})|\s/\s'
)
_COMMA = re.compile(r'[,，、]')
_LIST_IN_STRING = re.compile(r'\s\.\s+\S|\s\.[^\W\d]')
MOST_WORDS = 3  # our choice: what is longer between two marks is part of a sentence


def split_names(text: str) -> list[str]:
    """Split a string that is known to hold names.

    Args:
        text: Names, each ended by a full stop or another mark or line end; or parted by
            commas, slashes or full stops without spaces, if there is nothing else.

    Returns:
        The names, none empty.
    """
    hard = [name for part in _MARKS.split(text) for name in _FULL_STOP.split(part)]
    for names in (hard, _DOT_OR_SLASH.split(text.strip()), _COMMA.split(text)):
        found = [name.strip(' \t.') for name in names]
        found = [name for name in found if name]
        if len(found) > 1:
            return found
    return [name for name in (name.strip() for name in hard) if name]


def is_list_of_names(text: str) -> bool:
    """Check whether a string is a list of names, not a sentence.

    Args:
        text: Such as ``'cat . dog'``, ``'cat | dog'`` or ``'cat/dog'``; commas and
            semicolons are in sentences as well, so ``'cat, dog'`` is one, whose
            phrases are found.
    """
    if _LIST_IN_STRING.search(text) or '|' in text:
        return True
    for marks in (_MARKS, _DOT_OR_SLASH):
        parts = marks.split(text.strip(' .\t\n\r'))
        parts = [part for part in parts if part.strip()]
        if len(parts) > 1:
            return all(len(part.split()) <= MOST_WORDS for part in parts)
    return False

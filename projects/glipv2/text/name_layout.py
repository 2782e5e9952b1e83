"""Class names joined to one text, and the position of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

SEPARATOR = '. '
Frame = tuple[str, str]
NO_FRAME: Frame = ('', '')
WORDING_KEYS = ('prefix', 'name', 'suffix')


@dataclass(frozen=True)
class NameLayout:
    """The text of all names, and the position of each.

    Args:
        text: The whole prompt.
        pieces: Characters [start, end) of each name with its prefix and suffix.
        names: Characters [start, end) of each name alone.
    """

    text: str
    pieces: tuple[tuple[int, int], ...]
    names: tuple[tuple[int, int], ...]


@lru_cache(maxsize=16384)
def clean_name(name: str) -> str:
    """Clean a class name (GLIP appendix, ``clean_name``).

    Bracketed explanations are removed, underscores and runs of spaces become one
    space, and the result is lower case: ``'Bow_(weapon)'`` becomes ``'bow'``. A name
    that is all in brackets loses only the brackets.

    Args:
        name: The class name as the user wrote it.

    Returns:
        The clean name; empty if there were only spaces, underscores and brackets.
    """
    words = plain_words(_without_brackets(name))
    return words or plain_words(name.replace('(', ' ').replace(')', ' '))


def plain_words(name: str) -> str:
    """Clean a name but for its brackets: ``'Bow_(weapon)'`` is ``'bow (weapon)'``.

    Args:
        name: The class name as the user wrote it.

    Returns:
        Its words in lower case, with one space between them.
    """
    return ' '.join(name.replace('_', ' ').split()).lower()


def lay_out_names(
    names: Sequence[str],
    caption_prompt: Mapping[str, Mapping[str, str]] | None = None,
    separator: str = SEPARATOR,
    frame: Frame = NO_FRAME,
) -> NameLayout:
    """Join names to one text and keep the position of each.

    Args:
        names: Class names as the user wrote them.
        caption_prompt: Other words for a name: ``{name: {prefix, name, suffix}}``,
            by the user's spelling or the clean one.
        separator: Text between two names.
        frame: Text before the first name and after the last.

    Returns:
        The layout.

    Raises:
        ValueError: If there is no name, or one is empty (names it).
        TypeError: If a name is not a string (names it).
    """
    if isinstance(names, str):
        raise TypeError(f'expected a list of names, but got the string {names!r}')
    if len(names) == 0:
        raise ValueError('the list of class names is empty; give at least one name')
    parts: list[str] = []
    pieces: list[tuple[int, int]] = []
    spans: list[tuple[int, int]] = []
    position = len(frame[0])
    for index, name in enumerate(names):
        prefix, words, suffix = _word(index, name, caption_prompt)
        start = position
        name_start = start + len(prefix)
        name_end = name_start + len(words)
        position = name_end + len(suffix)
        parts.append(prefix + words + suffix)
        pieces.append((start, position))
        spans.append((name_start, name_end))
        position += len(separator)
    text = frame[0] + separator.join(parts) + frame[1]
    return NameLayout(text, tuple(pieces), tuple(spans))


def find_wording(
    name: str, caption_prompt: Mapping[str, Mapping[str, str]] | None
) -> Mapping[str, str] | None:
    """Look up other words for a name.

    Args:
        name: The class name as the user wrote it.
        caption_prompt: As in :func:`lay_out_names`.

    Returns:
        The entry of ``caption_prompt``; None if there is none for this name.
    """
    if not caption_prompt:
        return None
    if name in caption_prompt:
        return caption_prompt[name]
    return caption_prompt.get(clean_name(name))


def _without_brackets(name: str) -> str:
    """Replace what is in brackets, however deep, by a space; in one pass."""
    kept: list[str] = []
    opened: list[int] = []
    for letter in name:
        if letter == ')' and opened:
            del kept[opened.pop() :]
            letter = ' '
        elif letter == '(':
            opened.append(len(kept))
        kept.append(letter)
    return ''.join(kept)


def _word(
    index: int,
    name: str,
    caption_prompt: Mapping[str, Mapping[str, str]] | None,
) -> tuple[str, str, str]:
    if not isinstance(name, str):
        raise TypeError(
            f'class name {index} must be a string, but it is {name!r} '
            f'({type(name).__name__})'
        )
    words = clean_name(name)
    if not words:
        raise ValueError(
            f'class name {index} is empty: {name!r} leaves no word to look for'
        )
    wording = find_wording(name, caption_prompt)
    if wording is None:
        return '', words, ''
    unknown = sorted(set(wording) - set(WORDING_KEYS))
    if unknown:
        raise ValueError(
            f'caption_prompt of {name!r} has unknown keys {unknown}; '
            f'the keys are {list(WORDING_KEYS)}'
        )
    words = wording.get('name', words)
    if not words.strip():
        raise ValueError(
            f"caption_prompt gives class name {index} ({name!r}) an empty 'name'"
        )
    return wording.get('prefix', ''), words, wording.get('suffix', '')

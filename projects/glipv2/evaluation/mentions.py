"""Which names a caption mentions, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..text.name_layout import clean_name

# Singular nouns that end in s: compass, bus, tennis.
_SINGULAR = ('ss', 'us', 'is', 'os')


@dataclass(frozen=True)
class Mention:
    """A name in a caption.

    Args:
        name: As in the list of names.
        start: First character in the caption.
        end: After the last one.
    """

    name: str
    start: int
    end: int


class MentionFinder:
    """Finds names in captions: whole words, singular or plural, longer names first.

    Args:
        names: Class names.
        synonyms: Other words for a name, such as ``dict(person=['man', 'woman'])``.

    Raises:
        ValueError: If a synonym is of no name, or words stand for two names.
    """

    def __init__(
        self, names: Sequence[str], synonyms: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        synonyms = dict(synonyms or {})
        unknown = sorted(set(synonyms) - set(names))
        if unknown:
            raise ValueError(f'synonyms are given for {unknown[0]!r}, which is no name')
        self._names: dict[tuple[str, ...], str] = {}
        for name in names:
            for wording in (clean_name(name), *synonyms.get(name, ())):
                words = tuple(_singular(word) for word, _, _ in _words(wording))
                other = self._names.setdefault(words, name)
                if other != name:
                    raise ValueError(f'{wording!r} stands for {other!r} and {name!r}')
        self._longest = max(map(len, self._names), default=0)

    def find(self, caption: str) -> list[Mention]:
        """Find the names of a caption, in its order.

        Args:
            caption: A sentence.

        Returns:
            Mentions, which do not overlap.
        """
        words = _words(caption.lower())
        reads = [_singular(word) for word, _, _ in words]
        found, at = [], 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                name = self._names.get(tuple(reads[at : at + length]))
                if name is not None:
                    end = at + length
                    found.append(Mention(name, words[at][1], words[end - 1][2]))
                    at = end
                    break
            else:
                at += 1
        return found


def _words(text: str) -> list[tuple[str, int, int]]:
    words, start = [], None
    for place, letter in enumerate(f'{text} '):
        inside = letter.isalnum() or (letter in "-'&" and start is not None)
        if inside and start is None:
            start = place
        elif not inside and start is not None:
            words.append((text[start:place], start, place))
            start = None
    return words


def _singular(word: str) -> str:
    """Bring singular and plural to one form, which need not be a word."""
    if word.endswith('ies') and len(word) > 4:
        return word[:-3] + 'y'
    if word.endswith(('ses', 'xes', 'ches', 'shes')):
        return word[:-2]
    if word.endswith('s') and not word.endswith(_SINGULAR) and len(word) > 2:
        return word[:-1]
    return word

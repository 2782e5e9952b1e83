"""Captions in which one word is exchanged, so that a phrase becomes false."""

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from .instances import keep_instances

# Words of a kind stand for each other; a caption that has one of them is false with
# another. Numbers from two, because "one" would change the noun as well.
WORDS = dict(
    colour=(
        'red', 'green', 'blue', 'yellow', 'orange', 'purple', 'pink', 'brown', 'black',
        'white', 'gray', 'grey',
    ),
    number=('two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'),
    side=('left', 'right', 'top', 'bottom', 'upper', 'lower', 'middle'),
)  # fmt: skip
KINDS = (*WORDS, 'noun')
_SAME = (frozenset(('gray', 'grey')), frozenset(('top', 'upper')),
         frozenset(('bottom', 'lower')))  # fmt: skip
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
_ARTICLE = re.compile(r'\b([Aa]n?)(\s+)$')


class WordExchange:
    """Makes a phrase of a caption false by one word, and takes its boxes away.

    (Our addition: GLIP's captions are always true.)

    Args:
        prob: Probability that a caption is changed, if it has such a word.
        kinds: What may be exchanged: ``colour``, ``number``, ``side`` and ``noun``.
        nouns: Nouns that may take the place of a phrase's last word.

    Raises:
        ValueError: If ``prob`` is outside [0, 1], a kind is unknown, or nouns are to
            be exchanged and none are given.
    """

    def __init__(
        self,
        prob: float,
        kinds: Sequence[str] = tuple(WORDS),
        nouns: Sequence[str] = (),
    ) -> None:
        if not 0 <= prob <= 1:
            raise ValueError(f'prob must be in [0, 1], but it is {prob}')
        unknown = set(kinds) - set(KINDS)
        if unknown:
            raise ValueError(f'unknown kinds {sorted(unknown)}; there are {KINDS}')
        if 'noun' in kinds and len(nouns) < 2:
            raise ValueError("kinds has 'noun', but nouns lists fewer than two")
        self.prob = prob
        self.kinds = tuple(kinds)
        self.nouns = tuple(noun.lower() for noun in nouns)

    def apply(self, results: dict) -> bool:
        """Change a caption, with the probability.

        Args:
            results: A sample with ``text``, ``phrases`` and boxes; changed in place.
                Phrases with the exchanged word lose their boxes and stay as text.

        Returns:
            Whether it was changed.
        """
        if not self.prob or np.random.rand() >= self.prob:
            return False
        places = self._places(results['text'], results['phrases'])
        if not places:
            return False
        start, end, other = places[np.random.randint(len(places))]
        text, moved = _replace(results['text'], start, end, other)
        phrases, false = {}, set()
        for label, phrase in results['phrases'].items():
            spans = phrase['tokens_positive']
            if any(a <= start and end <= b for a, b in spans):
                false.add(label)
            else:
                spans = [[moved(a), moved(b)] for a, b in spans]
                phrases[label] = dict(phrase, tokens_positive=spans)
        labels = np.asarray(results['gt_bboxes_labels']).tolist()
        keep = np.array([label not in false for label in labels], dtype=bool)
        keep_instances(results, keep)
        results.update(text=text, phrases=phrases)
        return True

    def _places(self, caption: str, phrases: Mapping) -> list[tuple[int, int, str]]:
        """List words inside phrases, each with one that may take its place."""
        found = {}
        for phrase in phrases.values():
            for start, end in phrase['tokens_positive']:
                words = list(_WORD.finditer(caption, start, end))
                for word in words:
                    others = self._others(word[0].lower(), word is words[-1])
                    if others:
                        other = others[np.random.randint(len(others))]
                        found[word.span()] = other
        return [(*span, other) for span, other in found.items()]

    def _others(self, word: str, is_last: bool) -> list[str]:
        same = next((group for group in _SAME if word in group), frozenset((word,)))
        for kind in self.kinds:
            listed = self.nouns if kind == 'noun' else WORDS[kind]
            if word in listed and (kind != 'noun' or is_last):
                return [other for other in listed if other not in same]
        return []


def _replace(
    caption: str, start: int, end: int, other: str
) -> tuple[str, Callable[[int], int]]:
    """Replace a word and correct the article before it; also maps old positions."""
    shown = other.capitalize() if caption[start].isupper() else other
    changes = [(start, end, shown)]
    article = _ARTICLE.search(caption[:start])
    if article:
        right = 'an' if other[0] in 'aeiou' else 'a'
        right = right.capitalize() if article[1][0].isupper() else right
        changes.insert(0, (article.start(1), article.end(1), right))
    text = caption
    for a, b, new in reversed(changes):
        text = text[:a] + new + text[b:]

    def moved(position: int) -> int:
        shift = sum(len(new) - (b - a) for a, b, new in changes if position >= b)
        return position + shift

    return text, moved

"""Forms of an answer that count as the same (VQA evaluation, Antol et al. 2015)."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

AGREEMENT = 3  # people who make an answer fully right

_ARTICLES = frozenset(('a', 'an', 'the'))
_NUMBERS = dict(
    none='0', zero='0', one='1', two='2', three='3', four='4', five='5', six='6',
    seven='7', eight='8', nine='9', ten='10',
)  # fmt: skip
_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
_THOUSANDS = re.compile(r'\d,\d')
_FULL_STOP = re.compile(r'\.(?!\d)')  # but not the point of "2.5"
# The official code gives re.UNICODE (32) where re.sub takes the most replacements.
_MOST_FULL_STOPS = 32

# Contractions written without an apostrophe: the ending as written, the ending as it
# should be, and the stems. Where the bare form is a word of its own ("well", "its",
# "shed", "id"), the protocol leaves it alone.
_ENDINGS = (
    (
        ('nt', "n't"),
        'ai are ca could did does do had has have is might must need ought sha should '
        'was were wo would',
    ),
    (("n'tve", "n't've"), 'could had might should would'),
    (("nt've", "n't've"), 'could had might should would'),
    (('ve', "'ve"), 'could might must not should they we what where who would you'),
    (('d', "'d"), 'he how it someone something there they where who you'),
    (
        ("d've", "'d've"),
        'he it she somebody someone something there they we who you',
    ),
    (
        ("'dve", "'d've"),
        'he it she somebody someone something there they we who you',
    ),
    (('ll', "'ll"), 'how it somebody someone something they what who why you'),
    (
        ('s', "'s"),
        'he how somebody someone that there what when where who why',
    ),
    (('re', "'re"), 'there they what why you'),
)
_OTHERS = {
    'maam': "ma'am",
    'oclock': "o'clock",
    'twas': "'twas",
    "ow's'at": "'ow's'at",
    "'ows'at": "'ow's'at",
    "'ow'sat": "'ow's'at",
    'yall': "y'all",
    "yall'll": "y'all'll",
    "y'allll": "y'all'll",
    "yall'd've": "y'all'd've",
    "y'alld've": "y'all'd've",
    "y'all'dve": "y'all'd've",
    # The one entry of the protocol that takes an apostrophe away.
    "somebody'd": 'somebodyd',
}
_CONTRACTIONS = {
    stem + bare: stem + full
    for (bare, full), stems in _ENDINGS
    for stem in stems.split()
} | _OTHERS


def without_line_breaks(text: str) -> str:
    """Do what the official code does to every answer.

    Args:
        text: An answer.

    Returns:
        It in one line, without spaces around it.
    """
    return text.replace('\n', ' ').replace('\t', ' ').strip()


@lru_cache(maxsize=65536)
def normalise_answer(text: str) -> str:
    """Normalise an answer for comparison.

    Lower case, no punctuation and no articles, "2" for "two", contractions with
    their apostrophes.

    Args:
        text: An answer.

    Returns:
        Its normal form; empty if it held only articles and punctuation.
    """
    text = without_line_breaks(text)
    bare = _FULL_STOP.sub('', _without_punctuation(text), count=_MOST_FULL_STOPS)
    words = bare.lower().split()
    numbered = (_NUMBERS.get(word, word) for word in words)
    return ' '.join(
        _CONTRACTIONS.get(word, word) for word in numbered if word not in _ARTICLES
    )


def count_answers(answers: Iterable[str]) -> Counter[str]:
    """Count how many people gave each answer.

    Args:
        answers: Answers to one question, as written.

    Returns:
        Number of people by normalised answer, without empty answers.
    """
    counts = Counter(map(normalise_answer, answers))
    del counts['']
    return counts


def answer_scores(answers: Sequence[str]) -> dict[str, float]:
    """Compute the soft targets of a question.

    Args:
        answers: People's answers (ten in VQAv2), as written.

    Returns:
        ``min(n / 3, 1)`` by normalised answer, n the number of people who gave it.
    """
    return {
        answer: min(count / AGREEMENT, 1.0)
        for answer, count in count_answers(answers).items()
    }


def _without_punctuation(text: str) -> str:
    # The protocol: a mark next to a space anywhere, and every mark of a text with a
    # number like 1,000, is removed; any other mark becomes a space.
    thousands = _THOUSANDS.search(text) is not None
    result = text
    for mark in _PUNCTUATION:
        removed = thousands or f'{mark} ' in text or f' {mark}' in text
        result = result.replace(mark, '' if removed else ' ')
    return result

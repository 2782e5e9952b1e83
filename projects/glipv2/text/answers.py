"""Forms of an answer that count as the same (VQA evaluation, Antol et al. 2015)."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

AGREEMENT = 3  # people that make an answer fully right

_ARTICLES = frozenset(('a', 'an', 'the'))
_NUMBERS = dict(
    none='0', zero='0', one='1', two='2', three='3', four='4', five='5', six='6',
    seven='7', eight='8', nine='9', ten='10',
)  # fmt: skip
_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
_THOUSANDS = re.compile(r'\d,\d')
_FULL_STOP = re.compile(r'\.(?!\d)')  # but not the point of "2.5"

# Words that lack nothing but an apostrophe, by their endings: as they are written, as
# they should be, and the words' beginnings. Where the bare form is a word of its own
# ("well", "its", "shed", "id"), the protocol leaves it alone.
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
        'he how somebody someone something that there what when where who why',
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


@lru_cache(maxsize=65536)
def normalise_answer(text: str) -> str:
    """Bring an answer into the form in which answers are compared.

    Lower case; punctuation gone; "two" becomes "2"; no articles; apostrophes of
    contractions restored.

    Args:
        text: An answer.

    Returns:
        Its normal form; empty if nothing but articles and punctuation was there.
    """
    text = text.replace('\n', ' ').replace('\t', ' ').strip()
    words = _FULL_STOP.sub('', _without_punctuation(text)).lower().split()
    numbered = (_NUMBERS.get(word, word) for word in words)
    return ' '.join(
        _CONTRACTIONS.get(word, word) for word in numbered if word not in _ARTICLES
    )


def count_answers(answers: Iterable[str]) -> Counter[str]:
    """Count how many people gave each answer.

    Args:
        answers: Of one question, as they were written.

    Returns:
        Number of people by normalised answer; empty answers are not counted.
    """
    counts = Counter(map(normalise_answer, answers))
    del counts['']
    return counts


def answer_scores(answers: Sequence[str]) -> dict[str, float]:
    """Make the soft targets of a question.

    Args:
        answers: Of people (ten in VQAv2), as they were written.

    Returns:
        ``min(n / 3, 1)`` by normalised answer, n the number of people that gave it.
    """
    return {
        answer: min(count / AGREEMENT, 1.0)
        for answer, count in count_answers(answers).items()
    }


def _without_punctuation(text: str) -> str:
    # The protocol's rule: a mark that touches a space anywhere, and every mark of a
    # text with a number like 1,000, vanishes; any other mark separates words.
    thousands = _THOUSANDS.search(text) is not None
    result = text
    for mark in _PUNCTUATION:
        vanishes = thousands or f'{mark} ' in text or f' {mark}' in text
        result = result.replace(mark, '' if vanishes else ' ')
    return result

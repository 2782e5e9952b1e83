"""Forms of an answer that count as the same (VQA evaluation, Antol et al. 2015)."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

AGREEMENT = 3  # people that make an answer fully right

_ARTICLES = frozenset(('a', 'an', 'the'))
_NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        'zero one two three four five six seven eight nine ten'.split()
    )
} | {'none': '0'}
_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
_THOUSANDS = re.compile(r'\d,\d')
_FULL_STOP = re.compile(r'\.(?!\d)')  # but not the point of "2.5"

# Words that lose nothing but an apostrophe. Where the bare form is a word of its own
# ("well", "its", "shed", "id") the protocol leaves it alone.
_NOT = (
    'ai are ca could did does do had has have is might must need ought sha should was '
    'were wo would'
).split()
_NOT_HAVE = 'could had might should would'.split()
_HAVE = 'could might must not should they we what where who would you'.split()
_WOULD = 'he how it someone something there they where who you'.split()
_WOULD_HAVE = 'he it she somebody someone something there they we who you'.split()
_WILL = 'how it somebody someone something they what who why you'.split()
_IS = ('he how somebody someone something that there what when where who why').split()
_ARE = 'there they what why you'.split()


def _contractions() -> dict[str, str]:
    table = {
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
    endings = (
        (_NOT, 'nt', "n't"),
        (_HAVE, 've', "'ve"),
        (_WOULD, 'd', "'d"),
        (_WILL, 'll', "'ll"),
        (_IS, 's', "'s"),
        (_ARE, 're', "'re"),
        (_NOT_HAVE, "n'tve", "n't've"),
        (_NOT_HAVE, "nt've", "n't've"),
        (_WOULD_HAVE, "d've", "'d've"),
        (_WOULD_HAVE, "'dve", "'d've"),
    )
    for stems, bare, full in endings:
        table.update({stem + bare: stem + full for stem in stems})
    return table


_CONTRACTIONS = _contractions()


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

"""English for emoji names: articles, plurals, numbers."""

NUMBERS = ('no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine')
# What follows the noun that a plural changes: "face with open mouth".
_TAILS = (
    ' with ', ' of ', ' in ', ' on ', ' at ', ' and ', ' over ', ' without ',
    ' behind ',
)  # fmt: skip
_SOUND_LIKE_CONSONANTS = ('uni', 'one', 'eu', 'uk', 'use')
_END_IN_S = ('ss', 'us', 'is', 'os')  # singular nouns: compass, bus, tennis


def article_of(name: str) -> str:
    """Find the indefinite article.

    Returns:
        ``'a'``, ``'an'``, or ``'some'`` for plural names such as "grapes".
    """
    if is_plural(name):
        return 'some'
    vowel = name[0] in 'aeiou' and not name.startswith(_SOUND_LIKE_CONSONANTS)
    return 'an' if vowel else 'a'


def is_plural(name: str) -> bool:
    """Tell whether a name is a plural already.

    Returns:
        Whether its noun ends as plurals do.
    """
    head, _ = _head(name)
    return head.endswith('s') and not head.endswith(_END_IN_S)


def plural_of(name: str) -> str:
    """Make the plural.

    Returns:
        The name with its noun in the plural.
    """
    head, tail = _head(name)
    if is_plural(name):
        return name
    if head.endswith(('s', 'x', 'ch', 'sh')):
        return f'{head}es{tail}'
    if head.endswith('y') and head[-2:-1] not in 'aeiou':
        return f'{head[:-1]}ies{tail}'
    return f'{head}s{tail}'


def counted(name: str, count: int) -> str:
    """Count with words.

    Args:
        name: Of an emoji.
        count: From 1 to 9.

    Returns:
        ``'a red apple'``, ``'two red apples'``.
    """
    if count == 1:
        return f'{article_of(name)} {name}'
    return f'{NUMBERS[count]} {plural_of(name)}'


def _head(name: str) -> tuple[str, str]:
    places = [place for tail in _TAILS if (place := name.find(tail)) > 0]
    end = min(places, default=len(name))
    return name[:end], name[end:]

"""Words of noun phrases that name no thing: prepositions, sides, amounts."""

from collections.abc import Sequence

BEFORE = frozenset(('in', 'on', 'at', 'to', 'by', 'from', 'for', 'towards', 'toward'))
SIDES = frozenset(
    (
        'front', 'back', 'rear', 'left', 'right', 'top', 'bottom', 'middle', 'midst',
        'center', 'centre', 'side', 'sides', 'foreground', 'background',
    )
)  # fmt: skip
WHICH = SIDES | {'far', 'very', 'upper', 'lower', 'left-hand', 'right-hand', 'other'}
WHICH |= {'opposite', 'near', 'extreme'}
# 'in addition to', 'in contact with': beside those with 'of', of which any singular
# noun is one.
PREPOSITIONAL = frozenset(('addition', 'regard', 'reference', 'respect', 'contact'))

AMOUNTS = frozenset(
    ('many', 'much', 'few', 'fewer', 'several', 'more', 'most', 'numerous', 'multiple')
)


def names_no_thing(words: Sequence[str], start: int, end: int) -> bool:
    """Tell whether a noun phrase is part of a preposition, or says only where.

    ``front`` of 'in front of', ``means`` of 'by means of', ``the left`` of 'on the
    left', ``right`` of 'left or right', but not ``the hand`` of 'in the hand' nor
    ``a red top`` of 'in a red top'.

    Args:
        words: The words of the sentence, lower case.
        start: First word of the phrase.
        end: One after its last word.
    """
    # A tagger may take 'far' for an adverb, which is no part of the phrase then.
    while start > 0 and words[start - 1] in WHICH:
        start -= 1
    if start > 0 and words[start - 1] == 'the':
        start -= 1
    phrase = words[start:end]
    is_side = phrase[-1] in SIDES and WHICH.issuperset(
        phrase[1:] if phrase[0] == 'the' else phrase
    )
    if is_side and (_ends_with_side_or(words[:start]) or _begins_or_side(words[end:])):
        return True
    if start == 0 or words[start - 1] not in BEFORE:
        return False
    after = words[end] if end < len(words) else ''
    if len(phrase) == 1 and (
        (after == 'of' and _is_singular(phrase[0]))
        or (phrase[0] in PREPOSITIONAL and after in ('to', 'with'))
    ):
        return True
    return is_side


def skip_amount(words: Sequence[str], start: int, end: int) -> int:
    """Skip words that say only how many: ``many`` of 'many bananas'.

    Args:
        words: The words of the sentence, lower case.
        start: First word of a noun phrase.
        end: One after its last word.

    Returns:
        The first word to keep; at least one is kept.
    """
    first = start
    while first < end - 1 and words[first] in ('a', 'the', 'so', 'too'):
        first += 1
    if words[first] not in AMOUNTS:
        return start
    while first < end - 1 and words[first] in AMOUNTS:
        first += 1
    return first


def _ends_with_side_or(words: Sequence[str]) -> bool:
    return len(words) > 1 and words[-1] == 'or' and words[-2] in SIDES


def _begins_or_side(words: Sequence[str]) -> bool:
    rest = [word for word in words[:3] if word != 'the']
    return len(rest) > 1 and rest[0] == 'or' and rest[1] in SIDES


def _is_singular(noun: str) -> bool:
    """Tell 'front' and 'means' from 'slices', of which there are many in an image."""
    return not noun.endswith('s') or noun in ('means', 'terms')

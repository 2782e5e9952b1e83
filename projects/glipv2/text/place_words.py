"""Nouns that name no thing: parts of prepositions, and sides of the image."""

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


def names_no_thing(words: Sequence[str], start: int, end: int) -> bool:
    """Tell whether a noun phrase is part of a preposition, or says only where.

    ``front`` of 'in front of', ``means`` of 'by means of', ``the left`` of 'on the
    left', but not ``the hand`` of 'in the hand' nor ``a red top`` of 'in a red top'.

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
    if start == 0 or words[start - 1] not in BEFORE:
        return False
    phrase = words[start:end]
    after = words[end] if end < len(words) else ''
    if len(phrase) == 1 and (
        (after == 'of' and _is_singular(phrase[0]))
        or (phrase[0] in PREPOSITIONAL and after in ('to', 'with'))
    ):
        return True
    if phrase[0] == 'the':
        phrase = phrase[1:]
    return bool(phrase) and phrase[-1] in SIDES and WHICH.issuperset(phrase)


def _is_singular(noun: str) -> bool:
    """Tell 'front' and 'means' from 'slices', of which there are many in an image."""
    return not noun.endswith('s') or noun in ('means', 'terms')

"""Colours of emoji, for questions."""

# Emoji that are mostly of one colour, as the sheet shows them.
_OF_COLOUR = dict(
    red=(
        'red apple', 'strawberry', 'red heart', 'red car', 'alarm clock', 'guitar',
        'gift box', 'cherries',
    ),
    yellow=(
        'banana', 'lemon', 'yellow star', 'trumpet', 'key', 'crown', 'glowing star',
        'saxophone', 'taxi', 'helicopter',
    ),
    green=('green apple', 'frog face', 'green heart', 'cactus', 'pear'),
    orange=('basketball', 'tiger face', 'fox face'),
    brown=('teddy bear', 'bear face', 'american football'),
    purple=('grapes', 'purple heart'),
    pink=('pig face', 'squid'),
    blue=('blue heart',),
    gray=('wolf face', 'mouse face'),
)  # fmt: skip
_COLOUR_OF = {name: colour for colour, names in _OF_COLOUR.items() for name in names}


def colour_of(name: str) -> str | None:
    """Find the colour of an emoji.

    Returns:
        The colour, in American spelling as in VQAv2; None if it has several.
    """
    return _COLOUR_OF.get(name)


def noun_of(name: str) -> str | None:
    """Take the colour out of a name.

    Returns:
        ``'apple'`` for "red apple"; None for a name that does not begin with its
        colour.
    """
    first, _, noun = name.partition(' ')
    return noun if noun and first == colour_of(name) else None

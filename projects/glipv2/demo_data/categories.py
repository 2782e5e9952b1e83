"""Which emoji are trained and which are held out."""

import numpy as np

from .sheet import sheet_names

# 40 emoji that differ well, with plain names: one prompt holds them all.
QUICKSTART = (
    'red apple', 'green apple', 'banana', 'lemon', 'strawberry', 'grapes', 'pizza',
    'hot dog', 'hamburger', 'doughnut', 'dog face', 'cow face', 'pig face',
    'frog face', 'panda face', 'tiger face', 'red heart', 'green heart',
    'yellow star', 'soccer ball', 'basketball', 'rocket', 'airplane',
    'red car', 'bicycle', 'bus', 'sailboat', 'umbrella', 'alarm clock', 'guitar',
    'trumpet', 'camera', 'key', 'crown', 'gift box', 'teddy bear', 'penguin',
    'octopus', 'butterfly', 'cactus',
)  # fmt: skip

# 40 emoji that no training split shows. Many share words with trained ones.
HELD_OUT = (
    'blue heart', 'purple heart', 'pear', 'peach', 'pineapple', 'watermelon',
    'cherries', 'cookie', 'cupcake', 'sandwich', 'cat face', 'mouse face',
    'rabbit face', 'wolf face', 'bear face', 'monkey face', 'horse face',
    'fox face', 'lion face', 'glowing star', 'baseball', 'volleyball',
    'american football', 'helicopter', 'small airplane', 'taxi', 'police car',
    'trolleybus', 'rowboat', 'closed umbrella', 'stopwatch', 'violin', 'saxophone',
    'video camera', 'old key', 'top hat', 'owl', 'squid', 'honeybee', 'palm tree',
)  # fmt: skip


def trained_categories(which: str) -> tuple[str, ...]:
    """List the categories of the training split.

    Args:
        which: ``'quickstart'`` or ``'all'`` (every emoji but the held-out ones).

    Returns:
        Their names, sorted as in the sheet.
    """
    if which == 'quickstart':
        return in_sheet_order(QUICKSTART)
    return tuple(name for name in sheet_names() if name not in HELD_OUT)


def in_sheet_order(names: tuple[str, ...]) -> tuple[str, ...]:
    """Sort names as in the sheet.

    Raises:
        ValueError: If a name is not in the sheet.
    """
    unknown = sorted(set(names) - set(sheet_names()))
    if unknown:
        raise ValueError(f'the emoji sheet has no {unknown}')
    return tuple(name for name in sheet_names() if name in names)


def category_id(name: str) -> int:
    """Get a category's id, the same in every file and split.

    Returns:
        Its place in the sheet, counted from 1.
    """
    return sheet_names().index(name) + 1


def long_tail_shares(
    categories: tuple[str, ...], exponent: float, seed: int
) -> list[float]:
    """Compute how often each category appears in a long tail (Zipf's law).

    Args:
        categories: Their names.
        exponent: The k-th most frequent category has a share of ``k ** -exponent``.
        seed: Decides which categories are frequent.

    Returns:
        Shares in the order of the names, adding up to 1.
    """
    ranks = np.random.default_rng(seed).permutation(len(categories)) + 1
    weights = ranks ** -float(exponent)
    return (weights / weights.sum()).tolist()

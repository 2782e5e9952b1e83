"""Tokens of captions, like the Penn Treebank tokenizer's."""

import re

# Tokens that COCO's evaluation leaves out (Chen et al. 2015).
_DROPPED = frozenset(
    ["''", "'", '``', '`', '"', '.', '?', '!', ',', ':', '-', '--', '...', ';']
)
_TOKEN = re.compile(
    r"""
    \b(?:mr|mrs|ms|dr|st|jr|vs|etc)\.          # an abbreviation keeps its full stop
    | \bno\.(?=\ ?\d)                          # no.7
    | (?:[a-z]\.){2,}                          # and so does u.s.
    | \w+?(?=n't\b)                            # do + n't
    | n't\b
    | '(?:s|re|ve|ll|d|m)\b                    # he + 's
    | \bo'clock\b | \by'(?=all\b) | '(?:n|em|til|tis|twas)\b'?
    | \d+(?:[.,:/]\d+)+                        # 1,000  2.5  10:30
    | \w+(?:[-&/.]\w+)*                        # t-shirt
    | \.{3} | -- | `` | '' | \S
    """,
    re.VERBOSE,
)
_REPLACED = {
    # COCO's evaluation keeps brackets, because it compares their names in upper case.
    '(': ['-lrb-'],
    ')': ['-rrb-'],
    '[': ['-lsb-'],
    ']': ['-rsb-'],
    '{': ['-lcb-'],
    '}': ['-rcb-'],
    'cannot': ['can', 'not'],
    'gonna': ['gon', 'na'],
    'gotta': ['got', 'ta'],
    'wanna': ['wan', 'na'],
}


def caption_tokens(caption: str) -> list[str]:
    """Split a caption into lower-case words, without punctuation.

    An approximation of Stanford's PTBTokenizer, which COCO's evaluation uses and
    which needs Java.

    Args:
        caption: A sentence.

    Returns:
        Its words.
    """
    words: list[str] = []
    for token in _TOKEN.findall(caption.lower().replace('\u2019', "'")):
        words += _REPLACED.get(token, [token])
    return [word for word in words if word not in _DROPPED]

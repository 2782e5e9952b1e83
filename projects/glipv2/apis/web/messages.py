"""Errors in the words of people who see a page and no command line."""

import re

# What an error says to a programmer, and what it says on the page.
SAYINGS = (
    (r"; end each name with ' \. ' or pass a tuple of names.*", ': write what to look '
     'for, such as: red apple . dog face'),
    (r' \(or pass the names as a tuple, or give tokens_positive\)', ''),
    (r' allowed \(max_megapixels\); make it smaller', ' allowed here: make it smaller'),
    (r'; give texts\b', ': write it into the field "Text"'),
    (r"; use task='detection'", ': choose "Detect"'),
    (r"; use task='grounding'", ': choose "Ground a sentence"'),
    (r'\. Shorten the name or raise max_tokens', ': shorten the name'),
    (r'max_tokens of the text encoder is (\d+)', r'\1 is the most'),
)  # fmt: skip


def on_the_page(message: str) -> str:
    """Translate an error of the inferencer.

    Args:
        message: Its text.

    Returns:
        One line without names of arguments.
    """
    message = ' '.join(message.split())
    for pattern, saying in SAYINGS:
        message = re.sub(pattern, saying, message)
    return message

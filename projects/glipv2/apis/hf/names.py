"""Names in the token ids of a text in which a full stop ends each."""

from collections.abc import Sequence

from transformers import PreTrainedTokenizerFast

Span = tuple[int, int]


def merge_names(names: Sequence[str]) -> str:
    """Join names to the text that transformers makes of them.

    Args:
        names: Such as ``['A cat', 'a dog']``: ``'a cat. a dog.'``.
    """
    return '. '.join(name.strip().lower() for name in names) + '.'


def find_names(
    ids: Sequence[int], tokenizer: PreTrainedTokenizerFast
) -> tuple[list[str], list[Span]]:
    """Find what full stops part.

    Args:
        ids: Token ids of one text, with special tokens and padding.
        tokenizer: Theirs.

    Returns:
        The names, and the tokens [start, end) of each.

    Raises:
        ValueError: If there is no name.
    """
    (stop,) = tokenizer('.', add_special_tokens=False).input_ids
    between = {stop, *tokenizer.all_special_ids}
    spans, start = [], None
    for place, token in enumerate([*ids, stop]):
        if token in between and start is not None:
            spans.append((start, place))
            start = None
        elif token not in between and start is None:
            start = place
    if not spans:
        raise ValueError('the text holds no name; give names such as "a cat. a dog."')
    return [tokenizer.decode(list(ids[a:b])) for a, b in spans], spans

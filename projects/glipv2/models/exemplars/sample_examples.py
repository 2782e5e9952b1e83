"""Examples of a data sample, for one of its prompts."""

from collections.abc import Sequence

import torch
from mmdet.structures import DetDataSample

from ...structures.examples import PhraseExamples
from ...text.name_layout import clean_name
from ...text.nameless import is_nameless


def examples_of(sample: DetDataSample, phrases: Sequence[str]) -> PhraseExamples | None:
    """Find the examples of a prompt's phrases.

    Args:
        sample: A sample, with :class:`~glipv2.structures.examples.Examples` in
            ``examples`` if it has any.
        phrases: K names or phrases.

    Returns:
        Their examples; None if no phrase has any.
    """
    given = sample.get('examples')
    if given is None:
        return None
    owners: list[int] = []
    hidden: list[int] = []
    queries = []
    for index, name in enumerate(map(clean_name, phrases)):
        found = given.queries.get(name)
        if found is None:
            continue
        queries.append(found)
        owners += [index] * len(found)
        if name in given.hidden or is_nameless(name):
            hidden.append(index)
    if not queries:
        return None
    return PhraseExamples(torch.cat(queries), tuple(owners), tuple(hidden))

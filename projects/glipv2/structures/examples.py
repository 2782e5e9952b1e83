"""Examples of names: what a name looks like, beside or instead of its words.

An example is a box in an image; its query is one vector of that image's O0.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import BoolTensor, Tensor


@dataclass(frozen=True)
class Examples:
    """Examples that come with a data sample, as its ``examples``.

    Args:
        queries: Per name, in its clean form, (n, C) float queries.
        hidden: Clean names whose words are hidden, so that only examples tell what is
            meant.
    """

    queries: Mapping[str, Tensor]
    hidden: Collection[str] = field(default=frozenset())

    def __deepcopy__(self, memo: dict) -> 'Examples':
        return self  # never changed: samples of all images share them

    def __reduce__(self) -> tuple:
        # As arrays: of each tensor a loader's worker would keep a file open.
        arrays = {name: x.float().numpy() for name, x in self.queries.items()}
        return _from_arrays, (arrays, frozenset(self.hidden))


def _from_arrays(arrays: Mapping[str, np.ndarray], hidden: frozenset) -> Examples:
    return Examples({name: torch.from_numpy(x) for name, x in arrays.items()}, hidden)


@dataclass(frozen=True)
class PhraseExamples:
    """Examples of the phrases of one prompt.

    Args:
        queries: (V, C) float.
        phrases: Per query the index of its phrase.
        hidden: Indices of the phrases whose words are hidden.
    """

    queries: Tensor
    phrases: tuple[int, ...]
    hidden: tuple[int, ...] = ()


@dataclass(frozen=True)
class ExampleWords:
    """Examples as the text layers read them.

    Args:
        features: (B, V, D) float, D channels of a word.
        owned: (B, T, V) bool, whether a token belongs to the name of an example.
    """

    features: Tensor
    owned: BoolTensor

"""Examples of names from a bank, for training and tests."""

from collections.abc import Sequence

import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmdet.registry import TRANSFORMS

from ...checkpoint.example_bank import read_bank
from ...structures.examples import Examples
from ...text.name_layout import clean_name


@TRANSFORMS.register_module()
class ShowExamples(BaseTransform):
    """Gives the names of a sample examples from a bank.

    Args:
        bank: File of ``glipv2 examples make``; it is read with the first sample.
        number: Least and most examples of a name; as many as it has if it has fewer.
        hide_prob: Probability that the words of a name with examples are hidden. All
            such names count, present or not: if only those of present things were
            hidden, as in MQ-Det's code, the mask would tell what is there.
        wrong_prob: Probability that a name with examples, if it is not hidden, swaps
            its words with others of them, so that examples count for more than words
            that mislead (our choice; 0 in MQ-Det).
        random: Whether number, examples, hidden and wrong names are drawn anew for
            every sample; else the first ``number[1]`` are taken, names are hidden if
            ``hide_prob`` is 1, and none is wrong.

    Raises:
        ValueError: If an option is out of its range.
    """

    def __init__(
        self,
        bank: str,
        number: tuple[int, int] = (5, 5),
        hide_prob: float = 0.0,
        wrong_prob: float = 0.0,
        random: bool = True,
    ) -> None:
        low, high = number
        if not 1 <= low <= high:
            raise ValueError(f'number needs 1 <= least <= most, but it is {number}')
        for option, value in (('hide_prob', hide_prob), ('wrong_prob', wrong_prob)):
            if not 0 <= value <= 1:
                raise ValueError(f'{option} must be in [0, 1], but it is {value}')
        self.file = bank
        self.number = (low, high)
        self.hide_prob = hide_prob
        self.wrong_prob = wrong_prob
        self.random = random
        self._bank: dict[str, torch.Tensor] | None = None

    def check_model(self, model: str) -> None:
        """Refuse a bank of another model.

        Args:
            model: ``vision_identity`` of the model.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If it is damaged or of another model.
        """
        read_bank(self.file, model)

    def transform(self, results: dict) -> dict:
        """Give a sample its examples.

        Args:
            results: The sample with ``text``; a sentence gets none.

        Returns:
            The sample, with ``examples`` if one of its names has any.
        """
        text = results.get('text')
        if not isinstance(text, (list, tuple)):
            return results
        if self._bank is None:
            content = read_bank(self.file, None).queries
            self._bank = {clean_name(name): x[:, 0] for name, x in content.items()}
        chosen, hidden, wrong = {}, set(), []
        for place, name in enumerate(map(clean_name, text)):
            if name not in self._bank or name in chosen:
                continue
            chosen[name] = self._choose(self._bank[name])
            if self.hide_prob == 1 or self._happens(self.hide_prob):
                hidden.add(name)
            elif self._happens(self.wrong_prob):
                wrong.append(place)
        if wrong:
            results['text'] = text = _swapped(text, wrong)
            names = [clean_name(text[place]) for place in wrong]
            chosen |= dict(zip(names, [chosen[x] for x in names[-1:] + names[:-1]]))
        if chosen:
            results['examples'] = Examples(chosen, frozenset(hidden))
        return results

    def _happens(self, chance: float) -> bool:
        return self.random and np.random.rand() < chance

    def _choose(self, queries: torch.Tensor) -> torch.Tensor:
        low, high = self.number
        if not self.random:
            return queries[:high]
        count = min(len(queries), np.random.randint(low, high + 1))
        return queries[np.random.permutation(len(queries))[:count]]

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(bank={self.file!r}, number={self.number}, '
            f'hide_prob={self.hide_prob}, wrong_prob={self.wrong_prob}, '
            f'random={self.random})'
        )


def _swapped(text: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    """Give each of some names the words of the next of them."""
    names = list(text)
    for place, next_one in zip(places, [*places[1:], places[0]]):
        names[place] = text[next_one]
    return tuple(names)

"""How a list of names is cut into prompts, as ``test_cfg`` says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .name_layout import NO_FRAME, Frame

Chunk = tuple[int, ...]


@dataclass(frozen=True)
class Cutting:
    """Which names share a prompt, and what stands around them.

    Args:
        chunked_size: Most names of a prompt; no limit if not positive.
        frame: Text before the first name of a prompt and after the last.
        words_alone: Names of at least so many words have a prompt of their own, before
            the others; none if not positive.
    """

    chunked_size: int = -1
    frame: Frame = NO_FRAME
    words_alone: int = 0

    @classmethod
    def of(cls, test_cfg: Mapping[str, Any]) -> 'Cutting':
        """Read ``chunked_size``, ``prompt_frame`` and ``words_alone`` of a detector."""
        return cls(
            test_cfg.get('chunked_size', -1),
            tuple(test_cfg.get('prompt_frame', NO_FRAME)),
            test_cfg.get('words_alone', 0),
        )

    def chunks(
        self, names: Sequence[str], cut: Callable[[list[str], int], list[Chunk]]
    ) -> list[Chunk]:
        """Cut a list.

        Args:
            names: N names.
            cut: Cuts names, of which so many at most share a chunk (no limit if not
                positive).

        Returns:
            Places of the names of each chunk.
        """
        wordy: list[int] = []
        others: list[int] = []
        for place, name in enumerate(names):
            alone = 0 < self.words_alone <= len(name.split())
            (wordy if alone else others).append(place)
        return [
            tuple(places[place] for place in chunk)
            for places, most in ((wordy, 1), (others, self.chunked_size))
            if places
            for chunk in cut([names[place] for place in places], most)
        ]


TOGETHER = Cutting()  # as many names as fit

"""What is found in an annotation file: what was repaired, and what cannot be."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

SHOWN = 5
# Kinds of faults.
ENTRY, DUPLICATE, CATEGORY = 'entry', 'duplicate', 'category'
NAME, BOX, OUTSIDE, MASK = 'name', 'box', 'outside', 'mask'
SAME_WORDS = 'same words'  # two names that read the same


@dataclass(frozen=True)
class Fault:
    """One entry that cannot be used as it is.

    Args:
        kind: One of the words above.
        where: Image and entry.
        what: What is wrong with it.
    """

    kind: str
    where: str
    what: str

    def __str__(self) -> str:
        return f'{self.where}: {self.what}'


@dataclass
class Findings:
    """Collects the repairs and faults of a file.

    Args:
        file: What messages call the file.
    """

    file: str
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    repairs: Counter[str] = field(default_factory=Counter)

    def add_fault(self, kind: str, where: str, what: str) -> None:
        """Add what cannot be repaired."""
        self.faults.append(Fault(kind, where, what))

    def describe_repairs(self) -> list[str]:
        """List the repairs, each with the number of its entries."""
        counted = [text.format(count) for text, count in self.repairs.items() if count]
        return counted + self.notes


def listed(faults: Sequence[Fault]) -> str:
    """Write the first few faults in one line."""
    # Names in a file may have line breaks.
    shown = [' '.join(str(fault).split()) for fault in faults[:SHOWN]]
    if len(faults) > SHOWN:
        shown.append(f'and {len(faults) - SHOWN} more')
    return '; '.join(shown)

"""What a kind of fault came to."""

from dataclasses import dataclass, field


@dataclass
class Outcome:
    """Counts what was tried and what was lost.

    Attributes:
        fault: What happened.
        tried: How often.
        lost: A line for each case in which something was lost.
    """

    fault: str
    tried: int = 0
    lost: list[str] = field(default_factory=list)

    def add(self, other: 'Outcome') -> None:
        """Count what another portion of the same fault came to."""
        self.tried += other.tried
        self.lost += other.lost

    def row(self) -> dict[str, object]:
        """Make a row of the table."""
        return {
            'fault': self.fault,
            'tried': self.tried,
            'survived': self.tried - len(self.lost),
            'lost': len(self.lost),
        }

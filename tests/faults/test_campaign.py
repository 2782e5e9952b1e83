"""The campaign's notes: each turn once, also with other numbers of tries."""

from functools import partial
from pathlib import Path

import pytest

from glipv2.benchmarks.faults import campaign
from glipv2.benchmarks.faults.outcome import Outcome


def fault_of(name: str, seen: list[tuple[str, int, int]]) -> campaign.Fault:
    def fault(tries: int, seed: int, folder: Path) -> Outcome:
        seen.append((name, seed, tries))
        if name == 'hangs':
            raise TimeoutError('it did not end')
        return Outcome(name, tries)

    fault.__name__ = name
    return fault


def test_other_numbers_of_tries_repeat_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, int, int]] = []
    kinds = [(fault_of(name, seen),) for name in ('kill', 'file', 'text')]
    monkeypatch.setattr(
        campaign, 'KINDS', (*kinds, (partial(fault_of('hangs', seen)),))
    )
    monkeypatch.setattr(campaign, 'PORTIONS', (2, 50, 100, 4))
    for tries in ((4, 100, 300, 4), (8, 50, 200, 4), (8, 150, 300, 4)):
        outcomes = campaign.run_campaign(
            tries, 0, 1.0, tmp_path / 'notes', lambda outcome: None
        )
    assert len(set(seen)) == len(seen)
    assert {x.fault: (x.tried, len(x.lost)) for x in outcomes} == {
        'kill': (8, 0), 'file': (150, 0), 'text': (300, 0), 'hangs': (4, 4),
    }  # fmt: skip

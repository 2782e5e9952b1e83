"""A few hundred damaged files, forged files and odd texts; the campaign tries more."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from glipv2.benchmarks.faults import campaign
from glipv2.benchmarks.faults.judge import nothing_acts

TRIES = 300


@pytest.mark.parametrize('fault', [*campaign.FILES, *campaign.TEXTS])
def test_it_is_read_or_refused_in_one_line(fault: Callable, tmp_path: Path) -> None:
    outcome = fault(TRIES, 0, tmp_path)
    assert outcome.tried == TRIES
    assert outcome.lost == []


def test_the_judge_sees_what_acts(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r'subprocess|os\.'), nothing_acts():
        subprocess.run(['true'], check=True)
    with pytest.raises(AssertionError, match='open'), nothing_acts():
        (tmp_path / 'x').write_text('')
    torch.save(dict(a=Path), tmp_path / 'x')
    with pytest.raises(AssertionError, match='find_class'), nothing_acts():
        torch.load(tmp_path / 'x', weights_only=False)

"""Progress elsewhere than on a terminal: lines on standard error, after a while."""

import pytest

from glipv2 import progress as room
from glipv2.progress import progress


def test_a_line_every_tenth(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, 'PATIENCE', 0.0)
    batches = [[0, 1, 2]] * 33 + [[0]]
    assert list(progress(batches, 'Images', 100, len)) == batches
    captured = capsys.readouterr()
    assert captured.out == ''
    lines = captured.err.splitlines()
    assert 8 <= len(lines) <= 11
    assert lines[0] == 'Images: 12 of 100' and lines[-1] == 'Images: 100 of 100'


def test_short_and_endless_loops_are_silent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert list(progress(range(50), 'Images', 50)) == list(range(50))
    assert list(progress(range(50), 'Frames')) == list(range(50))
    assert capsys.readouterr().err == ''

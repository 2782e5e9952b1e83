"""The parts of a test with a long list of names."""

import pytest

from glipv2.benchmarks.list_time import AP, METRIC, READING, WHOLE, Stopwatch, measure


def test_parts_add_up_and_ap_is_measured() -> None:
    rows = {row['part']: row for row in measure('emoji', 2, 1)}
    assert {READING, METRIC, 'backbone', 'words', 'DyConv'} < set(rows)
    assert AP not in rows
    for precision in ('fp32', 'bf16'):
        seconds = {part: row[f'{precision}, s an image'] for part, row in rows.items()}
        whole = seconds.pop(WHOLE)
        assert sum(seconds.values()) == pytest.approx(whole, abs=0.01)
        assert 0 < rows[WHOLE][f'{precision}, AP'] < 1
        assert rows['DyConv'][f'{precision}, AP'] == ''


def test_a_stopwatch_adds_up_calls() -> None:
    class Owner:
        def twice(self, number: int) -> int:
            return 2 * number

    owner = Owner()
    watch = Stopwatch(owner, 'twice')
    assert owner.twice(2) == 4
    once = watch.seconds
    assert owner.twice(3) == 6
    assert watch.seconds > once > 0

"""Curves of few-shot transfer: all runs or none."""

import json
from pathlib import Path

import pytest
from PIL import Image

from glipv2.benchmarks.transfer_curves import draw_curves, read_grid, table_rows


def runs() -> list[dict]:
    zero = [
        dict(dataset=name, mode='zero_shot', shot='all', seed=0, new=new, old=0.5)
        for name, new in (('a', 0.1), ('b', 0.3))
    ]
    tuned = [
        dict(dataset=name, mode=mode, shot=shot, seed=seed, new=new + gain, old=0.4)
        for mode, gain in (('full', 0.1), ('prompt', 0.0))
        for shot in ('10', 'all', '1')
        for seed, pair in ((3, (0.2, 0.6)), (30, (0.4, 0.8)))
        for name, new in zip('ab', pair)
    ]
    return zero + tuned


def test_rows_are_means_over_sets_and_spreads_over_seeds(tmp_path: Path) -> None:
    (tmp_path / 'results').mkdir()
    (tmp_path / 'settings.json').write_text(
        '{"max_steps": 30, "data": "/mine/odinw", "ann_file": null}'
    )
    for number, run in enumerate(runs()):
        (tmp_path / f'results/{number}.json').write_text(json.dumps(run))
    settings, results = read_grid(tmp_path)
    assert settings == dict(max_steps=30, data='odinw')
    assert [*results] == sorted(map(str, range(len(runs()))))
    rows = table_rows([*results.values()])
    assert [(row['mode'], row['boxes of a class']) for row in rows] == [
        ('zero_shot', 0), ('prompt', '1'), ('prompt', '10'), ('prompt', 'all'),
        ('full', '1'), ('full', '10'), ('full', 'all'),
    ]  # fmt: skip
    assert rows[0]['new task: AP'] == pytest.approx(0.2)
    assert rows[1] == {
        'mode': 'prompt', 'boxes of a class': '1', 'seeds': 2,
        'new task: AP': 0.5, 'new task: spread': 0.141,
        'old task: AP': 0.4, 'old task: spread': 0.0,
    }  # fmt: skip
    draw_curves(rows, tmp_path / 'curves.png')
    with Image.open(tmp_path / 'curves.png') as picture:
        assert picture.size == (1320, 480)


def without(*names: str) -> list[dict]:
    """Leave runs out by set, mode, number of boxes and seed."""
    keys = ('dataset', 'mode', 'shot', 'seed')
    return [r for r in runs() if ' '.join(str(r[key]) for key in keys) not in names]


def test_seeds_that_lack_runs_are_left_out() -> None:
    rows = table_rows(without('b full 1 30'))
    assert {row['seeds'] for row in rows} == {1}
    assert rows[1]['new task: AP'] == pytest.approx(0.4)
    with pytest.raises(ValueError, match='fullest lacks 1, such as [ab] full 1; let'):
        table_rows(without('b full 1 30', 'a full 1 3', 'b full 1 3'))
    with pytest.raises(ValueError, match='fullest lacks 1, such as a zero_shot; let'):
        table_rows(without('a zero_shot all 0'))


def test_another_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r'settings.json: run odinw_transfer'):
        read_grid(tmp_path)

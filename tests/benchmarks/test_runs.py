"""A run's figures are kept; figures over seeds."""

import json
from pathlib import Path

import pytest

from glipv2.benchmarks.results import write_results
from glipv2.benchmarks.runs import (
    MEASURED,
    mean_and_spread,
    measured_once,
    of_whole_seeds,
    read_finished,
    take_over,
)


def test_a_run_is_measured_once(tmp_path: Path) -> None:
    asked = []

    def measure() -> dict[str, float]:
        asked.append(1)
        (tmp_path / 'run').mkdir()
        return {'AP': 0.1 + 0.2}

    for _ in range(2):
        assert measured_once(tmp_path / 'run', measure) == {'AP': 0.1 + 0.2}
    assert len(asked) == 1


def test_a_run_that_fails_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        measured_once(tmp_path, lambda: {'AP': 1 / 0})
    assert measured_once(tmp_path, lambda: {'AP': 1.0}) == {'AP': 1.0}


def test_runs_of_a_results_file_are_not_repeated(tmp_path: Path) -> None:
    file, settings = tmp_path / 'some.json', dict(steps=3, heads=('a', 'b'))

    def place(name: str) -> Path:
        return tmp_path / name / MEASURED

    take_over(file, settings, place)
    taken = {'one_0': {'AP': 0.1}, 'one_1': {'AP': 0.3}}
    write_results(file, 'measure.py', [], settings, taken)
    take_over(file, settings | {'steps': 4}, place)
    assert not place('one_0').exists()
    # What this machine has measured itself stays.
    measured_once(tmp_path / 'one_1', lambda: {'AP': 0.2})
    take_over(file, settings, place)
    again = measured_once(tmp_path / 'one_0', lambda: {'AP': 1 / 0})
    runs = {'one_0': again, 'one_1': json.loads(place('one_1').read_text())}
    assert runs == {'one_0': {'AP': 0.1}, 'one_1': {'AP': 0.2}}
    content = json.loads(file.read_text()) | dict(processor='another')
    file.write_text(json.dumps(content))
    write_results(file, 'measure.py', [], settings, runs)
    written = json.loads(file.read_text())
    assert written['runs'] == runs
    (other,) = written['earlier']
    assert other['processor'] == 'another' != written['processor']
    assert other['versions'] == written['versions']


def test_a_file_keeps_the_runs_that_were_not_asked_for(tmp_path: Path) -> None:
    file, settings = tmp_path / 'some.json', dict(steps=3)
    write_results(file, 'measure.py', [], settings)  # a file without runs
    write_results(file, 'measure.py', [], settings, {'one_0': {'AP': 0.1}})
    write_results(file, 'measure.py', [], settings, {'two_0': {'AP': 0.2}})
    written = json.loads(file.read_text())
    assert written['runs'] == {'one_0': {'AP': 0.1}, 'two_0': {'AP': 0.2}}
    write_results(file, 'measure.py', [], dict(steps=4), {'two_0': {'AP': 0.3}})
    assert json.loads(file.read_text())['runs'] == {'two_0': {'AP': 0.3}}


def test_a_table_has_the_seeds_that_are_whole(tmp_path: Path) -> None:
    folders = {(x, seed): tmp_path / f'{x}_{seed}' for x in 'ab' for seed in (0, 1)}
    for number, folder in enumerate(folders.values()):
        if number != 1:
            measured_once(folder, lambda number=number: {'AP': number})
    found = read_finished(folders)
    assert {run: x['AP'] for run, x in found.items()} == {
        ('a', 0): 0, ('b', 0): 2, ('b', 1): 3,
    }  # fmt: skip
    assert [*of_whole_seeds(found, 'ab')] == [('a', 0), ('b', 0)]
    assert [*of_whole_seeds(found, 'b')] == [('b', 0), ('b', 1)]
    with pytest.raises(ValueError, match='no seed has all its 3 runs yet; 3 are'):
        of_whole_seeds(found, 'abc')


def test_spread_is_of_a_sample() -> None:
    assert mean_and_spread([0.1, 0.2, 0.3]) == '0.200 ± 0.100'
    assert mean_and_spread([0.25]) == '0.250'

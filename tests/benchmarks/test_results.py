"""Figures in documents are those of their files."""

from pathlib import Path

import pytest

from glipv2.benchmarks.results import PLACE, fill_tables, write_results

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md'))]


@pytest.mark.parametrize('file', DOCUMENTS, ids=lambda file: file.name)
def test_tables_show_what_was_measured(file: Path) -> None:
    text = file.read_text('utf-8')
    assert fill_tables(text, ROOT / 'docs' / 'results') == text


def test_every_file_of_results_is_shown() -> None:
    files = {file.stem for file in (ROOT / 'docs' / 'results').glob('*.json')}
    shown = {
        place['name']
        for file in DOCUMENTS
        for place in PLACE.finditer(file.read_text('utf-8'))
    }
    assert shown == files


def test_a_table_is_filled_and_nothing_else_changes(tmp_path: Path) -> None:
    rows = [
        dict(split='`val`', AP=0.68912, n=400),
        dict(split='x', AP=1e-5, n=2),
    ]
    write_results(tmp_path / 'some.json', 'measure.py', rows, dict(steps=3))
    text = 'Before.\n\n<!-- table: some -->\nold\n<!-- /table -->\n\nAfter 0.1.\n'
    filled = fill_tables(text, tmp_path)
    table = (
        '| split | AP | n |\n| --- | --- | --- |\n| `val` | 0.689 | 400 |\n'
        '| x | 1e-05 | 2 |\n'
    )
    assert filled == text.replace('old\n', table)
    assert fill_tables(filled, tmp_path) == filled


def test_a_table_without_its_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='other, but there is no'):
        fill_tables('<!-- table: other -->\n<!-- /table -->', tmp_path)
    (tmp_path / 'other.json').write_text('{"rows": []}')
    with pytest.raises(ValueError, match='other.json lacks command, settings'):
        fill_tables('<!-- table: other -->\n<!-- /table -->', tmp_path)

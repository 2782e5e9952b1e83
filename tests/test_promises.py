"""Each promise of the pages on security and robustness names a test that exists."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
DOCS = TESTS.parent / 'docs'
PAGES = {'security.md': 15, 'robustness.md': 60}  # with the least number of promises
NAME = re.compile(r'`((?:[\w./]+/)?test_\w+(?:\.py)?)`')


def promises(page: Path) -> list[str]:
    """List the rows of all tables that have a column of tests."""
    found, is_table = [], False
    for line in page.read_text().splitlines():
        if not line.startswith('|'):
            is_table = False
        elif line.lower().endswith('| test |'):
            is_table = True
        elif is_table and not line.startswith('|---'):
            found.append(line)
    return found


@pytest.mark.parametrize('page', PAGES)
def test_each_promise_names_a_test(page: str) -> None:
    rows = promises(DOCS / page)
    assert len(rows) >= PAGES[page]
    unheld = [row for row in rows if not NAME.search(row.rpartition(' | ')[2])]
    assert unheld == []


@pytest.mark.parametrize('page', PAGES)
def test_the_tests_exist(page: str) -> None:
    files = list(TESTS.rglob('test_*.py'))
    code = '\n'.join(file.read_text() for file in files)
    for name in NAME.findall((DOCS / page).read_text()):
        if name.endswith('.py'):
            assert any(file.match(name) for file in files), name
        else:
            assert f'def {name}(' in code, name

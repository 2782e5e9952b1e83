"""Each promise of docs/security.md names a test that holds it, and the test exists."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / 'docs' / 'security.md'
NAME = re.compile(r'`((?:[\w./]+/)?test_\w+(?:\.py)?)`')


def promises() -> list[str]:
    """List the rows of all tables that have a column of tests."""
    found, is_table = [], False
    for line in PAGE.read_text().splitlines():
        if not line.startswith('|'):
            is_table = False
        elif line.endswith('| test |'):
            is_table = True
        elif is_table and not line.startswith('|---'):
            found.append(line)
    return found


def test_each_promise_names_a_test() -> None:
    rows = promises()
    assert len(rows) > 15
    unheld = [row for row in rows if not NAME.search(row.rpartition(' | ')[2])]
    assert unheld == []


def test_the_tests_exist() -> None:
    files = list(TESTS.rglob('test_*.py'))
    code = '\n'.join(file.read_text() for file in files)
    for name in NAME.findall(PAGE.read_text()):
        if name.endswith('.py'):
            assert any(file.match(name) for file in files), name
        else:
            assert f'def {name}(' in code, name

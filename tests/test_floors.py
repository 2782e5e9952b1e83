"""Each floor of the package imports only lower ones, and never in a circle."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / 'projects' / 'glipv2'
# From the ground up.
FLOORS = (
    (
        'version',
        'environment',
        'shipped',
        'renamed',
        'later',
        'ahead',
        'quiet',
        'progress',
        'whole_file',
        'data_page',
        'end_with_parent',
    ),
    ('structures',),
    ('text',),
    ('drawing',),
    ('weights',),
    ('checkpoint',),
    ('models',),
    ('datasets',),
    ('evaluation',),
    ('engine',),
    ('deployment',),
    ('apis',),
    ('labels',),
    ('convert',),
    ('demo_data',),
    ('quickstart',),
    ('benchmarks',),
)
# The same within models: a room imports only those before it.
ROOMS = (
    'device',
    'layers',
    'dynamic_head',
    'backbones',
    'task_modules',
    'test_time_augs',
    'exemplars',
    'language_models',
    'necks',
    'losses',
    'dense_heads',
    'mask_heads',
    'grounded_reader',
    'vl_heads',
    'branches',
    'detectors',
)
MOST_FILES = 7  # of a room, beside __init__.py


def modules() -> dict[str, Path]:
    """Find all modules below the package, by dotted name."""
    found = {}
    for file in PACKAGE.rglob('*.py'):
        parts = file.relative_to(PACKAGE).with_suffix('').parts
        if parts[0] == '.mim':
            continue
        found['.'.join(parts)] = file
    return found


def imports_of(name: str, file: Path, known: dict[str, Path]) -> Iterator[str]:
    """List the modules of the package that one imports, wherever it does so."""
    folder = name.split('.')[:-1]
    for node in ast.walk(ast.parse(file.read_text('utf-8'))):
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.level:
            base = folder[: len(folder) - node.level + 1]
        elif node.module and node.module.split('.')[0] == 'glipv2':
            base = []
        else:
            continue
        words = (node.module or '').split('.') if node.module else []
        target = '.'.join(base + (words if node.level else words[1:]))
        for alias in node.names:
            for module in (
                f'{target}.{alias.name}'.lstrip('.'),
                target,
                f'{target}.__init__'.lstrip('.'),
            ):
                if module in known:
                    yield module
                    break


@pytest.fixture(scope='module')
def arrows() -> dict[str, set[str]]:
    """Read who imports whom."""
    known = modules()
    return {
        name: set(imports_of(name, file, known)) - {name}
        for name, file in known.items()
    }


def place_of(module: str) -> int:
    """Count floors and rooms from the ground up."""
    parts = module.split('.')
    floor = next(number for number, names in enumerate(FLOORS) if parts[0] in names)
    room = 0
    if parts[0] == 'models':
        room = len(ROOMS) if len(parts) == 2 else ROOMS.index(parts[1])
    return floor * 100 + room


def test_arrows_point_down(arrows: dict[str, set[str]]) -> None:
    up = [
        f'{name} -> {other}'
        for name, others in arrows.items()
        for other in others
        if name not in ('__init__', '__main__') and place_of(other) > place_of(name)
    ]
    assert sorted(up) == []


def test_there_is_no_circle(arrows: dict[str, set[str]]) -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, ' -> '.join((*path[path.index(name) :], name))
        if name in done:
            return
        for other in sorted(arrows[name]):
            visit(other, (*path, name))
        done.add(name)

    for name in sorted(arrows):
        visit(name, ())


def test_rooms_are_small() -> None:
    for room in ROOMS:
        files = sorted(
            file.name
            for file in (PACKAGE / 'models' / room).glob('*.py')
            if file.name != '__init__.py'
        )
        assert 0 < len(files) <= MOST_FILES, room
    loose = {file.name for file in (PACKAGE / 'models').glob('*.py')}
    assert loose == {'__init__.py'}


def test_an_arrow_up_is_seen(tmp_path: Path) -> None:
    """The reader finds relative and absolute imports, also inside functions."""
    file = tmp_path / 'x.py'
    file.write_text(
        'from ..engine import sharded\n'
        'def f():\n    from glipv2.apis.inferencer import GLIPv2Inferencer\n'
    )
    found = set(imports_of('text.x', file, modules()))
    assert found == {'engine.sharded', 'apis.inferencer'}
    assert all(place_of(module) > place_of('text.x') for module in found)

"""What ``import glipv2`` says about an installed stack that it cannot run on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from glipv2.environment import (
    REQUIREMENTS,
    Requirement,
    check_requirement,
    version_in_range,
)
from glipv2.version import __version__

PROJECTS = Path(__file__).resolve().parents[1] / 'projects'


def run_python(
    *arguments: str, shadow: Path | None = None
) -> subprocess.CompletedProcess:
    """Run a fresh interpreter, with the modules in ``shadow`` before installed ones."""
    paths = [str(path) for path in (shadow, PROJECTS) if path]
    return subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {'PYTHONPATH': os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def import_error(shadow: Path) -> str:
    """Import glipv2 in a fresh interpreter and return the line that it fails with."""
    result = run_python('-c', 'import glipv2', shadow=shadow)
    assert result.returncode == 1
    kind, _, message = result.stderr.rstrip().splitlines()[-1].partition(': ')
    assert kind == 'ImportError'
    return message


def add_module(folder: Path, name: str, text: str) -> Path:
    """Write a package ``name`` that consists of ``text``."""
    package = folder / name
    package.mkdir()
    (package / '__init__.py').write_text(text)
    return package


# A finder that hides one module, put in place before anything is imported.
HIDE = """
import sys

class Hide:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)

sys.meta_path.insert(0, Hide())
"""


@pytest.mark.parametrize(
    ('module', 'versions', 'fork', 'upstream'),
    [
        ('torch', '>=2.1', "pip install 'torch>=2.1'", 'pip install'),
        ('mmengine', '>=0.10,<1', 'onedl-mmengine', "pip install 'mmengine>=0.10,<1'"),
        ('mmcv', '>=2.1,<3', 'onedl-mmcv', "mim install 'mmcv>=2.1,<2.2'"),
        ('mmdet', '>=3.3,<4', 'onedl-mmdetection', "mim install 'mmdet>=3.3,<4'"),
        ('transformers', '>=4.53', "pip install 'transformers>=4.53'", 'pip install'),
    ],
)
def test_missing_package(
    tmp_path: Path, module: str, versions: str, fork: str, upstream: str
) -> None:
    # `sitecustomize` runs at the start of every interpreter that finds it.
    (tmp_path / 'sitecustomize.py').write_text(HIDE.format(name=module))
    message = import_error(tmp_path)
    assert message.startswith(
        f'glipv2 needs {module} {versions}, which is not installed; run: '
    )
    assert fork in message
    assert upstream in message


def test_package_of_another_kind(tmp_path: Path) -> None:
    package = add_module(tmp_path, 'mmcv', '')
    message = import_error(tmp_path)
    assert f'the module found at {package / "__init__.py"} is not that' in message
    assert 'version None' in message
    assert 'onedl-mmcv' in message


@pytest.mark.parametrize(
    ('module', 'version'),
    [('mmcv', '1.7.2'), ('mmcv', '3.0.0'), ('mmengine', '0.9.1'), ('mmdet', '2.28.2')],
)
def test_wrong_version(tmp_path: Path, module: str, version: str) -> None:
    add_module(tmp_path, module, f'__version__ = {version!r}')
    message = import_error(tmp_path)
    assert message.startswith(f'glipv2 needs {module} >=')
    assert f', but {version} is installed; run: ' in message


def test_mmcv_without_compiled_operators(tmp_path: Path) -> None:
    add_module(tmp_path, 'mmcv', "__version__ = '2.1.0'")
    message = import_error(tmp_path)
    assert message.startswith('glipv2 needs the compiled operators of mmcv, but those')
    assert 'mmcv 2.1.0 do not load with torch 2.' in message
    assert "No module named 'mmcv.ops'" in message
    assert '--no-build-isolation' in message


def test_operators_built_for_another_torch(tmp_path: Path) -> None:
    package = add_module(tmp_path, 'mmcv', "__version__ = '2.1.0'")
    # What a compiled module raises that was built against another torch.
    (package / 'ops.py').write_text(
        "raise ImportError('_ext.so: undefined symbol: _ZN3c106ivalue')"
    )
    message = import_error(tmp_path)
    assert '(_ext.so: undefined symbol: _ZN3c106ivalue); run: pip install' in message


def test_package_that_refuses_its_partner(tmp_path: Path) -> None:
    # What upstream mmdet 3.3 does when mmcv is too new for it.
    add_module(
        tmp_path, 'mmdet', "assert False, 'MMCV==2.3.6 is used but incompatible.\\nNo'"
    )
    message = import_error(tmp_path)
    assert 'mmdet >=3.3,<4, which fails to import (MMCV==2.3.6 is used but' in message
    assert "mim install 'mmdet>=3.3,<4'" in message


def test_package_that_lacks_another(tmp_path: Path) -> None:
    add_module(tmp_path, 'mmdet', 'import terminal_tables_of_old')
    message = import_error(tmp_path)
    assert 'mmdet >=3.3,<4, which lacks terminal_tables_of_old; run: ' in message


@pytest.mark.parametrize(
    ('version', 'accepted'),
    [
        ('2.0.9', False),
        ('2.1', True),
        ('2.1.0rc1', True),
        ('2.13.0+cpu', True),
        ('2.99.9', True),
        ('3.0.0rc1', False),
        ('10.0', False),
    ],
)
def test_version_range(version: str, accepted: bool) -> None:
    requirement = Requirement('anything', '2.1', '3', 'pip install anything')
    assert version_in_range(version, requirement) is accepted


def test_version_range_without_an_end() -> None:
    requirement = Requirement('anything', '4.53', None, 'pip install anything')
    assert requirement.versions == '>=4.53'
    assert version_in_range('5.23.0', requirement)
    assert not version_in_range('4.52.4', requirement)


def test_installed_stack_is_accepted() -> None:
    versions = {item.module: check_requirement(item) for item in REQUIREMENTS}
    assert list(versions) == ['torch', 'mmengine', 'mmcv', 'mmdet', 'transformers']
    assert all(version[0].isdigit() for version in versions.values())


def test_import_registers_and_reports_versions() -> None:
    result = run_python('-m', 'glipv2')
    assert result.returncode == 0, result.stderr
    rows = dict(
        line.split(maxsplit=1) for line in result.stdout.splitlines() if '  ' in line
    )
    assert rows['glipv2'] == __version__
    for item in REQUIREMENTS:
        assert rows[item.module] == check_requirement(item)
    assert rows['operators'].startswith('compiled with')
    assert 'device' in rows

"""What ``import glipv2`` says about an installed stack that it cannot run on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from glipv2.environment import (
    Requirement,
    check_environment,
    requirements_for,
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


def add_part(transformers: Path, text: str) -> None:
    """Write the module of a package ``transformers`` that glipv2's models come from."""
    folder = transformers / 'models' / 'bert'
    folder.mkdir(parents=True)
    for package in (folder.parent, folder):
        (package / '__init__.py').touch()
    (folder / 'modeling_bert.py').write_text(text)


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
    ('module', 'fork', 'upstream'),
    [
        ('torch', "pip install 'torch>=2.1'", 'pip install'),
        ('transformers', "pip install 'transformers>=4.53", 'pip install'),
        ('mmengine', 'onedl-mmengine', 'upstream'),
        ('mmcv', 'onedl-mmcv', "mmcv 'mmcv>=2.1,<2.2' (upstream"),
        ('mmdet', 'onedl-mmdetection', "pip install 'mmdet>=3.3,<4'"),
    ],
)
def test_missing_package(tmp_path: Path, module: str, fork: str, upstream: str) -> None:
    # `sitecustomize` runs at the start of every interpreter that finds it.
    (tmp_path / 'sitecustomize.py').write_text(HIDE.format(name=module))
    message = import_error(tmp_path)
    needed = {item.module: item for item in requirements_for(torch.__version__)}
    assert message.startswith(f'glipv2 needs {module} {needed[module].versions}')
    assert ', which is not installed; run: ' in message
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
    [
        ('torch', '2.0.1'),
        ('transformers', '4.52.4'),
        ('mmengine', '0.9.1'),
        ('mmcv', '1.7.2'),
        ('mmcv', '3.0.0'),
        ('mmdet', '2.28.2'),
    ],
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
    assert "pip install 'mmdet>=3.3,<4'" in message


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


# Upper ends by transformers' own statements of the torch that it needs; a lower one
# by mmengine 0.10.7, which cannot read its own checkpoints with torch 2.6.
@pytest.mark.parametrize(
    ('torch_version', 'module', 'version', 'accepted'),
    [
        ('2.1.2+cu121', 'transformers', '4.55.4', True),
        ('2.1.2+cu121', 'transformers', '4.56.0', False),
        ('2.1.2+cu121', 'mmengine', '0.10.7', True),
        ('2.2.0', 'transformers', '4.57.6', True),
        ('2.5.1', 'transformers', '4.57.6', True),
        ('2.5.1+cu124', 'transformers', '5.0.0rc1', False),
        ('2.5.1', 'mmengine', '0.10.7', True),
        ('2.6.0.dev20250101', 'transformers', '5.24.0', True),
        ('2.6.0', 'mmengine', '0.10.7', False),
        ('2.13.0+cpu', 'transformers', '5.24.0', True),
        ('2.13.0+cpu', 'mmengine', '0.10.7', False),
        ('2.13.0+cpu', 'mmengine', '0.10.8', True),
    ],
)
def test_versions_that_fit_a_torch(
    torch_version: str, module: str, version: str, accepted: bool
) -> None:
    needed = {item.module: item for item in requirements_for(torch_version)}
    assert version_in_range(version, needed[module]) is accepted


@pytest.mark.parametrize('version', ['2.1', '2.1.2', '2.2.0', '2.5.1', '2.6.0', '2.99'])
def test_each_package_is_needed_once_for_every_torch(version: str) -> None:
    modules = [item.module for item in requirements_for(version)]
    assert modules == ['torch', 'transformers', 'mmengine', 'mmcv', 'mmdet']


@pytest.mark.parametrize(
    ('torch_version', 'module', 'version', 'words'),
    [
        ('2.5.1', 'transformers', '5.24.0', "run: pip install 'transformers>=4.53,<5'"),
        ('2.1.2', 'transformers', '4.57.6', "'transformers>=4.53,<4.56'"),
        ('2.13.0', 'mmengine', '0.10.7', 'cannot read its own checkpoints'),
    ],
)
def test_the_message_names_the_torch_that_limits(
    tmp_path: Path, torch_version: str, module: str, version: str, words: str
) -> None:
    add_module(tmp_path, 'torch', f'__version__ = {torch_version!r}')
    for name in ('transformers', module):  # mmengine is looked at second
        if not (tmp_path / name).exists():
            add_module(tmp_path, name, "__version__ = '4.55.0'")
    (tmp_path / module / '__init__.py').write_text(f'__version__ = {version!r}')
    add_part(tmp_path / 'transformers', '')
    message = import_error(tmp_path)
    assert message.startswith(f'glipv2 needs {module} >=')
    assert f', but {version} is installed; ' in message
    assert ' with torch ' in message
    assert words in message


# What transformers 4.56 raises on torch 2.1, and what a broken part of it does.
@pytest.mark.parametrize('in_part', [False, True])
@pytest.mark.parametrize(
    'error',
    [
        "AttributeError('torch.utils._pytree has no register_pytree_node')",
        "NameError('name nn is not defined')",
        "ImportError('huggingface-hub>=0.30.0,<1.0 is required')",
    ],
)
def test_transformers_is_blamed_for_what_it_raises(
    tmp_path: Path, error: str, in_part: bool
) -> None:
    """Mmengine, mmcv and mmdet import it, too, and nothing is wrong with them."""
    stop = f'raise {error}'
    package = add_module(
        tmp_path, 'transformers', "__version__ = '4.55.0'" if in_part else stop
    )
    if in_part:
        add_part(package, stop)
    message = import_error(tmp_path)
    assert message.startswith('glipv2 needs ')
    assert 'mmcv' not in message
    assert "run: pip install 'transformers>=4.53" in message
    assert error.split("'")[1] in message


def test_a_third_package_is_named_where_it_is_at_fault(tmp_path: Path) -> None:
    """To compile mmcv anew would not mend what stops in another package."""
    add_module(tmp_path, 'cv2', "raise ImportError('libGL.so.1: cannot open')")
    add_module(tmp_path, 'mmcv', "__version__ = '2.1.0'\nimport cv2")
    add_module(tmp_path, 'mmengine', "__version__ = '0.10.9'")
    message = import_error(tmp_path)
    assert 'mmcv >=2.1,<3, which fails to import (cv2: libGL.so.1: cann' in message
    assert 'onedl-mmcv' not in message
    assert 'docs/installation.md' in message


def test_installed_stack_is_accepted() -> None:
    versions = check_environment()
    assert list(versions) == ['torch', 'transformers', 'mmengine', 'mmcv', 'mmdet']
    assert versions['torch'] == torch.__version__
    assert all(version[0].isdigit() for version in versions.values())


def test_import_registers_and_reports_versions() -> None:
    result = run_python('-m', 'glipv2')
    assert result.returncode == 0, result.stderr
    rows = dict(
        line.split(maxsplit=1) for line in result.stdout.splitlines() if '  ' in line
    )
    assert rows['glipv2'] == __version__
    assert rows.items() >= check_environment().items()
    assert rows['operators'].startswith('compiled with')
    assert 'device' in rows

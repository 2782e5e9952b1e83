"""The wheel carries all that the package needs and the editable install works."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from glipv2.version import __version__

ROOT = Path(__file__).resolve().parents[1]
SOURCES = (
    'projects',
    'configs',
    'tools',
    'requirements',
    'setup.py',
    'pyproject.toml',
    'MANIFEST.in',
    'README.md',
    'LICENSE',
    'model-index.yml',
    'requirements.txt',
)
PIP = (sys.executable, '-m', 'pip', '--disable-pip-version-check')
OFFLINE = ('--no-deps', '--no-build-isolation', '--no-index')


def copy_sources(target: Path) -> Path:
    """Copy what a clone holds of the package, without leftovers of other builds."""
    ignored = shutil.ignore_patterns('__pycache__', '*.egg-info', '.mim')
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=ignored)
        else:
            shutil.copy2(ROOT / name, target / name)
    return target


def run(*command: str, cwd: Path) -> str:
    """Run a command that has to succeed and return what it printed."""
    result = subprocess.run(
        command,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


@pytest.fixture(scope='module')
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    sources = copy_sources(tmp_path_factory.mktemp('sources'))
    wheels = tmp_path_factory.mktemp('wheels')
    run(*PIP, 'wheel', *OFFLINE, '-w', str(wheels), '.', cwd=sources)
    with zipfile.ZipFile(wheels / f'glipv2-{__version__}-py3-none-any.whl') as archive:
        yield archive


def files_below(folder: str) -> set[str]:
    """List the files below a folder of the repository, relative to it."""
    return {
        path.relative_to(ROOT / folder).as_posix()
        for path in (ROOT / folder).rglob('*')
        if path.is_file()
        and '.mim' not in path.parts
        and '__pycache__' not in path.parts
        and path.name != '.DS_Store'
    }


def test_wheel_holds_every_module_and_asset(wheel: zipfile.ZipFile) -> None:
    packed = {
        name.removeprefix('glipv2/')
        for name in wheel.namelist()
        if name.startswith('glipv2/') and not name.startswith('glipv2/.mim/')
    }
    assert packed == files_below('projects/glipv2')
    assert 'py.typed' in packed
    assert 'assets/bert-base-uncased/vocab.txt' in packed
    assert 'assets/noto_emoji/noto_emoji_64.webp' in packed
    assert 'models/detectors/glipv2.py' in packed


@pytest.mark.parametrize('folder', ['configs', 'tools'])
def test_wheel_holds_configs_and_tools(wheel: zipfile.ZipFile, folder: str) -> None:
    prefix = f'glipv2/.mim/{folder}/'
    packed = {
        name.removeprefix(prefix)
        for name in wheel.namelist()
        if name.startswith(prefix)
    }
    assert packed == files_below(folder)


def test_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    info = f'glipv2-{__version__}.dist-info/'
    known = ('glipv2/', 'glipv2_cli/', info)
    assert all(name.startswith(known) for name in wheel.namelist())
    assert f'{info}licenses/LICENSE' in wheel.namelist()


def test_wheel_names_no_place_of_the_machine_it_was_built_on(
    wheel: zipfile.ZipFile,
) -> None:
    places = [str(ROOT).encode(), str(Path.home()).encode() + b'/']
    for name in wheel.namelist():
        content = wheel.read(name)
        assert not any(place in content for place in places), name


def test_wheel_leaves_the_openmmlab_stack_alone(wheel: zipfile.ZipFile) -> None:
    metadata = wheel.read(f'glipv2-{__version__}.dist-info/METADATA').decode()
    required = [
        line.removeprefix('Requires-Dist: ')
        for line in metadata.splitlines()
        if line.startswith('Requires-Dist: ') and 'extra ==' not in line
    ]
    assert 'transformers>=4.53' in required
    for name in required:
        assert not name.startswith(('torch', 'mmcv', 'mmdet', 'mmengine', 'onedl'))


def test_extras_leave_transformers_4_alone(wheel: zipfile.ZipFile) -> None:
    """Gradio 6.18 needs huggingface-hub 1.2 or later, transformers 4 one below 1."""
    metadata = wheel.read(f'glipv2-{__version__}.dist-info/METADATA').decode()
    required = [
        Requirement(line.removeprefix('Requires-Dist: '))
        for line in metadata.splitlines()
        if line.startswith('Requires-Dist: gradio')
    ]
    assert len(required) == 3  # demo, optional and tests
    for gradio in required:
        assert '6.17.3' in gradio.specifier
        assert '6.18.0' not in gradio.specifier


def requirements_of(name: str) -> list[Requirement]:
    """Read a file of ``requirements``."""
    lines = (ROOT / 'requirements' / f'{name}.txt').read_text('utf-8').splitlines()
    lines = [line.split('#')[0].strip() for line in lines]
    return [Requirement(line) for line in lines if line]


def test_extras_are_the_requirement_files(wheel: zipfile.ZipFile) -> None:
    metadata = message_from_bytes(
        wheel.read(f'glipv2-{__version__}.dist-info/METADATA')
    )
    files = {name: (name,) for name in ('demo', 'export', 'docs', 'tests')}
    files['openvino'] = ('export', 'openvino')
    files['optional'] = ('demo', 'export', 'optional')
    assert set(metadata.get_all('Provides-Extra')) == set(files)
    required = [Requirement(line) for line in metadata.get_all('Requires-Dist')]
    for extra, names in files.items():
        packed = sorted(
            (each.name, str(each.specifier))
            for each in required
            if each.marker and each.marker.evaluate({'extra': extra})
        )
        wanted = [each for name in names for each in requirements_of(name)]
        assert packed == sorted((each.name, str(each.specifier)) for each in wanted)
        assert len({each.name for each in wanted}) == len(wanted)  # written once


def test_pinned_versions_are_in_the_ranges_of_the_extras() -> None:
    pinned = {
        each.name: pin.version
        for name in ('stack', 'mminstall', 'tests')
        for each in requirements_of(name)
        for pin in each.specifier
        if pin.operator == '=='
    }
    ranges = [
        each
        for name in ('runtime', 'demo', 'export', 'optional', 'tests')
        for each in requirements_of(name)
        if each.name in pinned
    ]
    assert len(ranges) > len(requirements_of('export'))
    for each in ranges:
        assert pinned[each.name] in each.specifier, each


def test_source_archive_makes_the_same_wheel(
    wheel: zipfile.ZipFile, tmp_path: Path
) -> None:
    sources = copy_sources(tmp_path / 'sources')
    build = "from setuptools import build_meta; print(build_meta.build_sdist('.'))"
    name = run(sys.executable, '-c', build, cwd=sources).splitlines()[-1]
    with tarfile.open(sources / name) as archive:
        archive.extractall(tmp_path / 'unpacked', filter='data')
    unpacked = tmp_path / 'unpacked' / name.removesuffix('.tar.gz')
    run(*PIP, 'wheel', *OFFLINE, '-w', str(tmp_path), '.', cwd=unpacked)
    with zipfile.ZipFile(tmp_path / f'glipv2-{__version__}-py3-none-any.whl') as made:
        assert {x.filename: x.CRC for x in made.infolist()} == {
            x.filename: x.CRC for x in wheel.infolist()
        }


def test_model_index_names_configs_that_exist(wheel: zipfile.ZipFile) -> None:
    index = yaml.safe_load(wheel.read('glipv2/.mim/model-index.yml'))
    models = []
    for metafile in index['Import']:
        models += yaml.safe_load(wheel.read(f'glipv2/.mim/{metafile}'))['Models']
    names = [model['Name'] for model in models]
    assert len(set(names)) == len(names) > 0
    for model in models:
        assert f'glipv2/.mim/{model["Config"]}' in wheel.namelist()
        weights = str(model.get('Weights', 'https:'))
        if not weights.startswith('https:'):  # in the package, named as its file
            assert f'glipv2/assets/{weights}' in wheel.namelist()
            assert Path(weights).stem == model['Name']


LIBRARIES = """
import importlib, sys
site, *rooms = sys.argv[1:]
import glipv2
assert glipv2.__file__.startswith(site), glipv2.__file__
for room in rooms:
    importlib.import_module(f'glipv2.{room}')
from glipv2.convert.files import CONFIGS
from glipv2.demo_data.sheet import sheet_names, tile
from glipv2.quickstart.scripts import ROOT
assert (CONFIGS / 'glip/glip_t-b.py').is_file()
assert tile(sheet_names()[0]).size == (64, 64)
assert (ROOT / 'tools' / 'train.py').is_file()
"""


def test_libraries_run_from_the_installed_wheel(
    wheel: zipfile.ZipFile, tmp_path: Path
) -> None:
    """Every room, the converters' configs and the generators' emoji are found."""
    wheel.extractall(tmp_path)
    rooms = (
        'engine.transfer.grid', 'engine.loss_plot', 'apis.pseudo_labels', 'apis.video',
        'deployment.export', 'convert.glip', 'convert.swin', 'demo_data.emoji_scenes',
        'demo_data.emoji_odinw', 'demo_data.coloured_shapes', 'quickstart.detection',
        'benchmarks.loss_ablation', 'benchmarks.export_equality',
        'benchmarks.peers.compare', 'benchmarks.gpu.checks', 'datasets.answer_counts',
    )  # fmt: skip
    # The folder that Python starts in comes before the installed packages.
    run(sys.executable, '-c', LIBRARIES, str(tmp_path), *rooms, cwd=tmp_path)


def test_editable_install_of_a_clean_clone(tmp_path: Path) -> None:
    sources = copy_sources(tmp_path / 'clone')
    target = tmp_path / 'site'
    install = (*PIP, 'install', *OFFLINE, '--target', str(target))
    run(*install, '--editable', '.', cwd=sources)

    package = sources / 'projects/glipv2'
    # -S hides this environment's own packages, among them the installed glipv2.
    code = (
        'import importlib.util, site; '
        f'site.addsitedir({str(target)!r}); '
        "print(importlib.util.find_spec('glipv2').origin)"
    )
    printed = run(sys.executable, '-S', '-c', code, cwd=tmp_path)
    assert printed.strip() == str(package / '__init__.py')

    assert (package / '.mim/configs').resolve() == sources / 'configs'
    assert (package / '.mim/tools/train.py').is_file()
    assert (package / '.mim/model-index.yml').is_file()

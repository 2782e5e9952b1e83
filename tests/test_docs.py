"""Documentation: links, named files, commands, code, quoted messages and lines."""

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from itertools import product
from pathlib import Path

import mmdet
import pytest
from mmengine.config import Config

from tests.forked import run_well
from tests.test_floors import FLOORS, ROOMS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / 'docs'
MMDET = Path(mmdet.__file__).parent / '.mim'
PAGES = sorted(DOCS.glob('*.md'))
TEXTS = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *PAGES]
CODE = [*(ROOT / 'projects').rglob('*.py'), *(ROOT / 'tools').rglob('*.py')]

FENCE = re.compile(r'^( *)```(\S*)\n(.*?)^\1```', re.MULTILINE | re.DOTALL)
LINK = re.compile(r'(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)')
HEADING = re.compile(r'^#+ (.*)$', re.MULTILINE)
SPAN = re.compile(r'(`+)(.+?)\1')
PACKAGE = ROOT / 'projects/glipv2'
# A floor of the package or a room of models.
FOLDERS = sorted(
    file.parent.name
    for pattern in ('*/__init__.py', 'models/*/__init__.py')
    for file in PACKAGE.glob(pattern)
)
NAMED = re.compile(
    r'(?<![\w./])((?:configs|docs|projects|requirements|tests|tools)/[\w./{},*-]+'
    rf'|(?:{"|".join(FOLDERS)})/(?:\w+/)?(?!my_)\w+\.py)'
)
FLAG = re.compile(r'(?<!\S)(--[a-z][\w-]*)')
TOOL_LINE = re.compile(r'(?:python|bash|torchrun)\S* .*?tools/')
# What pages name is in the repository, in the package, or in mmdet's.
PLACES = (ROOT, PACKAGE, PACKAGE / 'models', MMDET)
MADE = 'docs/_build'  # `make docs` writes it
# Messages of other software, by their beginning; all others are ours.
FOREIGN = (
    'No module named', 'ModuleNotFoundError', 'Skip building ext ops', 'mmcv/_ext',
    'MMCV==2.x', 'nms_impl', 'no kernel image', 'The detected CUDA version', 'c++:',
    'Python.h', 'The virtual environment', 'ImportError: libGL', 'numpy.dtype',
    'A module that was compiled', 'RuntimeError: Numpy', "module 'numpy'",
    '`np.float`', 'Could not import OneDL', "We couldn't connect", 'offline mode is',
    'Cannot find the requested files', "Can't load tokenizer", 'Resource punkt',
    'GLIPv2 is not in the', 'mmengine::model', '_pickle.UnpicklingError',
    'CUDA out of memory', "error: invalid command 'bdist", 'ImportError: C ext',
    'huggingface-hub>=', 'Disabling PyTorch because', "module 'torch.utils._py",
)  # fmt: skip
# Of EmojiScenes' entries: what depends on how many images there are.
VARIES = {
    'neg_category_ids', 'frequency', 'image_count', 'instance_count', 'question',
    'question_type', 'answer_type', 'multiple_choice_answer', 'answers',
}  # fmt: skip


def name_of(path: Path) -> str:
    """Name a page for the test report."""
    return path.stem


def prose(page: Path) -> str:
    """Read a page without its code blocks."""
    return FENCE.sub('', page.read_text('utf-8'))


def blocks(page: Path, language: str) -> list[str]:
    """Read a page's code blocks of a language."""
    found = FENCE.findall(page.read_text('utf-8'))
    return [text for _, kind, text in found if kind == language]


def slugs(page: Path) -> set[str]:
    """Make the anchors of a page's headings, as GitHub and MyST do."""
    plain = [re.sub(r'[`*]', '', title) for title in HEADING.findall(prose(page))]
    kept = [re.sub(r'[^\w\- ]', '', title.strip().lower()) for title in plain]
    return {title.replace(' ', '-') for title in kept}


@pytest.mark.parametrize('page', TEXTS, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for both in LINK.findall(prose(page)):
        target = ''.join(both)
        if re.match(r'\w+:', target):
            continue
        file, _, anchor = target.partition('#')
        place = (page.parent / file).resolve() if file else page
        assert place.exists(), f'{page.name} links to {target}'
        if anchor:
            assert anchor in slugs(place), f'{page.name} links to {target}'


def expand(name: str) -> Iterator[str]:
    """Write out ``{a,b}``; ``{word}`` is a placeholder and stands for anything."""
    parts = re.split(r'\{([^}]*)\}', name)
    choices = [
        [part] if place % 2 == 0 else part.split(',') if ',' in part else ['*']
        for place, part in enumerate(parts)
    ]
    for chosen in product(*choices):
        yield ''.join(chosen)


@pytest.mark.parametrize('page', TEXTS, ids=name_of)
def test_named_files_exist(page: Path) -> None:
    for found in NAMED.findall(page.read_text('utf-8')):
        for name in expand(found.rstrip('.,')):
            if name.startswith(MADE):
                continue
            known = any(list(root.glob(name.rstrip('/'))) for root in PLACES)
            assert known, f'{page.name} names {name}'


def test_every_row_of_robustness_names_its_tests() -> None:
    rows = 0
    for section in (DOCS / 'robustness.md').read_text('utf-8').split('\n## '):
        if '| Test |' not in section:
            continue
        for row in re.findall(r'^\| (.*) \|$', section, re.M)[1:]:
            *_, named = row.split(' | ')
            files = re.findall(r'`([^`]*)`', named)
            assert files, f'no test is named: {row}'
            for file in files:
                assert 'def test_' in (ROOT / file).read_text('utf-8'), row
            rows += 1
    titles = HEADING.findall((DOCS / 'robustness.md').read_text('utf-8'))
    assert rows > 50 and len(titles) == len(set(titles))


@pytest.mark.parametrize('page', TEXTS, ids=name_of)
def test_commands_have_their_options_and_targets(page: Path) -> None:
    code = '\n'.join(path.read_text('utf-8') for path in CODE)
    targets = re.findall(r'^(\w+):', (ROOT / 'Makefile').read_text('utf-8'), re.M)
    for block in blocks(page, 'bash'):
        for line in block.replace('\\\n', ' ').splitlines():
            if TOOL_LINE.search(line):
                for flag in FLAG.findall(line):
                    assert f"'{flag}'" in code, f'{page.name}: {line}'
            made = re.match(r'(?:\w+=\S+ )*make (\w+)', line)
            assert made is None or made[1] in targets, f'{page.name}: {line}'


@pytest.mark.parametrize('page', TEXTS, ids=name_of)
def test_python_is_python(page: Path) -> None:
    for block in blocks(page, 'python'):
        ast.parse(re.sub(r',\s*\.\.\.\)', ')', block))


@pytest.mark.parametrize('page', PAGES, ids=name_of)
def test_configs_fit_their_bases(page: Path, tmp_path: Path) -> None:
    for number, block in enumerate(blocks(page, 'python')):
        if not re.search(r'^_base_ = ', block, re.MULTILINE):
            continue
        file = tmp_path / f'config_{number}.py'
        file.write_text(block.replace("'configs/", f"'{ROOT}/configs/"))
        config = Config.fromfile(file, import_custom_modules=False)
        assert 'type' in config.model


def test_every_page_is_in_the_table_of_contents_once() -> None:
    trees = blocks(DOCS / 'index.md', '{toctree}')
    listed = [
        line
        for tree in trees
        for line in tree.splitlines()
        if line and not line.startswith(':')
    ]
    assert sorted(listed) == [page.stem for page in PAGES if page.stem != 'index']


def test_the_architecture_lists_all_folders_from_the_ground_up() -> None:
    lists = blocks(DOCS / 'architecture.md', 'text')
    (tree,) = (text for text in lists if text.startswith('*.py'))
    folders = [line.split()[0].rstrip('/') for line in tree.splitlines()[1:]]
    expected = [name for floor in FLOORS[1:] for name in floor]
    models = expected.index('models') + 1
    expected[models:models] = ROOMS
    assert folders == expected


def strings_of_the_code() -> list[str]:
    """Collect the fixed pieces of all strings of the package and the tools."""
    pieces = []
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                pieces.append(node.value)
    return pieces


def quoted_messages() -> list[tuple[str, str]]:
    """Collect what tables with the heading "message" quote: page and message."""
    found = []
    for page in PAGES:
        for table in re.findall(r'^\| message \|.*\n(?:\|.*\n)+', prose(page), re.M):
            for row in table.splitlines()[2:]:
                cell = row.split(' | ')[0]
                found += [
                    (page.name, text.strip())
                    for _, text in SPAN.findall(cell)
                    if not fnmatch(text, '*=*(*)')
                ]
    return found


def test_quoted_messages_are_in_the_code() -> None:
    known = strings_of_the_code()
    quoted = quoted_messages()
    assert len(quoted) > 40
    for page, message in quoted:
        if message.startswith(FOREIGN):
            continue
        pieces = [piece.strip() for piece in message.split('...')]
        for piece in pieces:
            ours = any(piece in text for text in known)
            assert ours, f'{page} quotes {message!r}, but no string has {piece!r}'
    for start in FOREIGN:
        assert any(message.startswith(start) for _, message in quoted), start


@pytest.fixture(scope='module')
def entries(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """Make EmojiScenes of one image, and list the entries of its files."""
    out = tmp_path_factory.mktemp('data') / 'scenes'
    script = ROOT / 'tools/dataset_converters/make_emoji_scenes.py'
    counts = ('--train', '1', '--val', '1', '--val-unseen', '1', '--jobs', '1')
    run_well([str(script), str(out), *counts])
    found: list[dict] = []
    for path in (out / 'annotations').glob('*train*'):
        text = path.read_text()
        if path.suffix == '.jsonl':
            found += map(json.loads, text.splitlines())
            continue
        content = json.loads(text)
        lists = [content] if isinstance(content, list) else content.values()
        found += [x for xs in lists if isinstance(xs, list) for x in xs]
    return [x for x in found if isinstance(x, dict)]


def test_shown_lines_are_those_of_the_files(entries: list[dict]) -> None:
    shown = [
        json.loads(block)
        for page in ('data_formats', 'grounding_data')
        for block in blocks(DOCS / f'{page}.md', 'json')
    ]
    assert len(shown) > 12
    for line in shown:
        if line.keys() == {'filename', 'caption'}:  # for tools/pseudo_label.py
            continue
        assert any(agree(line, entry) for entry in entries), line


def agree(line: dict, entry: dict) -> bool:
    """Compare a shown line with an entry of a file."""
    entry = {key: value for key, value in entry.items() if key != 'Polygons'}
    if line.keys() != entry.keys():
        return False
    fixed = line.keys() - VARIES
    if 'answer' in line.get('grounding', ()):
        if line['grounding'].keys() != entry['grounding'].keys():
            return False
        fixed = fixed - {'grounding'}
    return all(line[key] == entry[key] for key in fixed)


@pytest.mark.timeout(900)
def test_pages_build_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip('sphinx')
    pytest.importorskip('myst_parser')
    source = tmp_path / 'docs'  # Sphinx writes the pages of the modules into it
    shutil.copytree(DOCS, source, ignore=shutil.ignore_patterns('_api', '_build'))
    built = subprocess.run(
        [
            sys.executable, '-m', 'sphinx', '--conf-dir', str(DOCS), '--builder',
            'dummy', '--fail-on-warning', '--keep-going', '--quiet', str(source),
            str(tmp_path / 'built'),
        ],
        capture_output=True, text=True,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    modules = {path.stem for path in (source / '_api').glob('*.rst')}
    assert {'glipv2.models.detectors.glipv2', 'glipv2.apis.inferencer'} <= modules

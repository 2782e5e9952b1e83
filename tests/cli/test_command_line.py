"""The command ``glipv2`` as processes: results alone on standard output."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from glipv2_cli.commands import check, convert, export, serve, test, train, video
from glipv2_cli.defaults import default_of
from glipv2_cli.main import glipv2
from glipv2_cli.scripts import find_script
from tests.forked import run_forked
from tests.tiny_files import HEADS, write_images, write_model

ROOT = Path(__file__).parents[2]
COMMANDS = (
    'ask', 'check', 'convert', 'describe', 'detect', 'examples', 'export', 'ground',
    'info', 'segment', 'serve', 'test', 'train', 'video', 'weights',
)  # fmt: skip


@pytest.fixture(scope='module')
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp('model'), **HEADS)


@pytest.fixture(scope='module')
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp('images'))


def run_anew(*arguments: object) -> subprocess.CompletedProcess:
    """Run the command as a user does: what is printed when it imports counts, too."""
    return subprocess.run(
        [sys.executable, '-m', 'glipv2_cli', *map(str, arguments)],
        capture_output=True, text=True, timeout=300,
        env=dict(os.environ, OMP_NUM_THREADS='1', COLUMNS='80'),
    )  # fmt: skip


def run(*arguments: object, text: str = '') -> subprocess.CompletedProcess:
    env = dict(OMP_NUM_THREADS='1', COLUMNS='80')
    return run_forked(['-m', 'glipv2_cli', *arguments], env=env, input=text)


def error_of(done: subprocess.CompletedProcess) -> str:
    """Read the only line that the command itself writes to standard error."""
    own = [x for x in done.stderr.splitlines() if x.startswith('glipv2')]
    assert len(own) == 1, done.stderr
    assert 'Traceback' not in done.stderr
    return own[0]


def test_help_imports_nothing_slow() -> None:
    code = (
        'import sys\nfrom glipv2_cli.main import glipv2\n'
        'for name in sys.argv[1:]:\n'
        "    glipv2.main([name, '--help'], standalone_mode=False)\n"
        "slow = {'torch', 'mmdet', 'numpy', 'glipv2'} & set(sys.modules)\n"
        'assert not slow, slow'
    )
    command = [sys.executable, '-c', code, *COMMANDS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for name in COMMANDS:
        assert f'{name} ' in done.stdout
    assert done.stdout.count('Examples:') >= len(COMMANDS) - 2


def test_it_says_its_version() -> None:
    from glipv2.version import __version__

    assert run('--version').stdout.strip() == f'glipv2, version {__version__}'


def test_all_commands_are_listed() -> None:
    done = run_anew('--help')
    assert done.returncode == 0
    assert set(COMMANDS) <= set(re.findall(r'^  (\w+) ', done.stdout, re.MULTILINE))


def test_results_are_all_that_is_on_standard_output(model: Path, images: Path) -> None:
    broken = images / 'notes.txt'
    names = [images / '0.png', broken, images / '1.png']
    asked = ('-t', 'a cat . a dog', '-m', model, '--score', 0)
    done = run_anew('detect', *names, *asked)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [x['file_name'] for x in records] == list(map(str, names))
    assert done.returncode == 1  # one of them failed
    assert 'error' in records[1]
    for record in (records[0], records[2]):
        assert record['task'] == 'detection'
        assert record['prompt'] == 'a cat . a dog'
        assert {record['width'], record['height']} == {64, 96}
        assert len(record['bboxes']) == len(record['scores']) > 0
    assert '1 of 3 failed' in done.stderr


def test_forms_of_results(model: Path, images: Path) -> None:
    base = ('-t', 'a cat . a dog', '-m', model, '--score', 0, '--max-boxes', 3)
    listed = f'{images / "0.png"}\n{images / "2.png"}\n'
    coco = json.loads(run('detect', '-', *base, '-f', 'coco', text=listed).stdout)
    assert [x['file_name'] for x in coco['images']] == listed.split()
    assert [x['name'] for x in coco['categories']] == ['a cat', 'a dog']
    ids = {x['id'] for x in coco['categories']}
    assert {x['category_id'] for x in coco['annotations']} <= ids
    lines = run('detect', images / '0.png', *base, '-f', 'jsonl').stdout
    record = json.loads(lines)
    first = next(
        x for x in coco['annotations'] if x['image_id'] == coco['images'][0]['id']
    )
    x1, y1, x2, y2 = record['bboxes'][0]
    assert first['bbox'] == pytest.approx([x1, y1, x2 - x1, y2 - y1], abs=0.01)
    table = run('detect', images / '0.png', *base, '-f', 'csv').stdout
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == len(record['scores']) == 3


def test_other_tasks(model: Path, images: Path, tmp_path: Path) -> None:
    image = images / '0.png'
    asked = json.loads(run('ask', image, '-t', 'is it red?', '-m', model).stdout)
    assert asked['task'] == 'vqa'
    assert asked['answer'] in ('yes', 'no', '2', 'red')
    out = tmp_path / 'drawn'
    done = run('segment', image, '-t', 'a cat .', '-m', model, '--out-dir', out)
    assert done.returncode == 0
    assert (out / '0.png').is_file()


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (('detcet', 'a.png'), 'did you mean detect'),
        (('detect', 'a.png'), "Missing option '--text'"),
        (('detect', 'a.png', '-t', 'x', '--socre', '1'), '--score'),
        (('detect', 'a.png', '-t', 'x', '--score', '7'), '--score'),
        (('detect', '-', '-t', 'x'), 'list of inputs is empty'),
    ],
)
def test_wrong_usage_is_one_line(arguments: tuple, message: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert message in error_of(done)
    assert done.stdout == ''


def test_what_is_no_model_is_said_at_once(images: Path) -> None:
    image = images / '0.png'
    for given, message in (
        (image, 'is no model'),
        ('nowhere.pth', 'there is no checkpoint'),
        ('nowhere.py', 'there is no config'),
        ('glip_tt', 'similar names'),
    ):
        done = run('detect', image, '-t', 'x .', '-m', given)
        assert done.returncode == 2
        assert message in error_of(done)


def test_a_command_that_is_a_script_has_its_own_name() -> None:
    for arguments, message in (
        (('serve', '--port', '99999'), 'a port is a number up to'),
        (('export', 'nowhere.py', 'x.pth', '--texts', 'x', '--dynamic'), 'no config'),
        (('train', 'nowhere.py'), 'there is no config'),
    ):
        done = run(*arguments)
        assert done.returncode and message in done.stderr
        last = done.stderr.splitlines()[-1]
        assert last.startswith(f'glipv2 {arguments[0]}: error: '), last


def scripts() -> list:
    commands = [x.command for x in (train, test, check, export, serve, video)]
    return [*commands, *convert.command.commands.values()]


@pytest.mark.parametrize('command', scripts(), ids=lambda x: x.name)
def test_listed_options_are_those_of_the_script(command: object) -> None:
    """The help of a script command is written here; the script must agree."""
    sources = [
        find_script(command.script),
        *ROOT.glob('projects/glipv2/*/command_line.py'),
    ]
    sources.append(ROOT / 'projects/glipv2/convert/files.py')
    text = '\n'.join(source.read_text() for source in sources)
    for spelled in command.listed:
        assert f"'{spelled.split()[0]}'" in text, spelled


def all_commands(command: click.Command, name: str = 'glipv2') -> Iterator[tuple]:
    """List all commands with their names."""
    context = click.Context(command)
    if not isinstance(command, click.Group):
        yield name, command, context
        return
    for each in command.list_commands(context):
        yield from all_commands(command.get_command(context, each), f'{name} {each}')


def test_every_option_says_what_it_does_and_its_default() -> None:
    lacking = []
    for name, command, context in all_commands(glipv2):
        rows = [(*row, ' ' in row[0]) for row in getattr(command, 'listed', {}).items()]
        rows += [
            (*option.get_help_record(context), not (option.is_flag or option.required))
            for option in command.params
            if isinstance(option, click.Option)
        ]
        for option, text, has_default in rows:
            if not text.partition('[')[0] or (has_default and 'default' not in text):
                lacking.append(f'{name} {option}')
    assert not lacking, lacking


def test_defaults_are_those_of_the_call() -> None:
    import inspect

    from glipv2.apis import GLIPv2Inferencer

    parameters = inspect.signature(GLIPv2Inferencer.__call__).parameters
    for key in ('score_thr', 'pred_score_thr'):
        assert parameters[key].default == default_of('SCORE')
    options = {x.name: x for x in glipv2.get_command(None, 'detect').params}
    assert options['score'].default == default_of('SCORE')

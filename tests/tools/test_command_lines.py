"""Command lines: help, bad input, shell syntax."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.forked import run_forked

TOOLS = Path(__file__).parents[2] / 'tools'
SCRIPTS = (
    'train.py',
    'test.py',
    'demo/image_demo.py',
    'demo/quickstart.py',
    'deployment/export.py',
    'deployment/run_onnx.py',
    'demo/video_demo.py',
    'demo/web_demo.py',
    'dataset_converters/render_emoji_sheet.py',
)


@pytest.mark.parametrize('script', SCRIPTS)
def test_help(script: str) -> None:
    shown = subprocess.run(
        [sys.executable, TOOLS / script, '--help'], capture_output=True, text=True
    )
    assert shown.returncode == 0
    assert 'usage:' in shown.stdout


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['train.py', 'none.py'], 'there is no config none.py'),
        (['test.py', 'none.py', 'x.pth'], 'there is no config none.py'),
        (['test.py', __file__, 'x.pth', '--out', 'x.txt'], '.pkl or .pickle'),
        (['demo/image_demo.py', str(TOOLS), 'c', 'x', '--texts', 'a'], 'no image'),
        (['demo/image_demo.py', 'x.jpg', 'c', 'x', '--texts', 'a'], 'image x.jpg'),
        (
            ['demo/image_demo.py', __file__, 'c', 'x', '--texts', 'a', '-p', '[[['],
            'invalid spans value',
        ),
    ],
)
def test_bad_arguments_are_one_line(arguments: list[str], message: str) -> None:
    refused = run_forked([TOOLS / arguments[0], *arguments[1:]])
    assert refused.returncode == 2
    assert message in refused.stderr.splitlines()[-1]


@pytest.mark.parametrize('script', sorted(TOOLS.rglob('*.sh')), ids=lambda p: p.name)
def test_shell_scripts_parse(script: Path) -> None:
    subprocess.run(['bash', '-n', script], check=True)


@pytest.mark.parametrize('script', sorted(TOOLS.glob('*.sh')), ids=lambda p: p.name)
def test_shell_scripts_say_how_they_are_used(script: Path) -> None:
    refused = subprocess.run(['bash', script], capture_output=True, text=True)
    assert refused.returncode == 2
    assert 'usage:' in refused.stderr

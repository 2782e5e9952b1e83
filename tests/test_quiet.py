"""What reaches the console of commands as real processes, and of a user's program."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from glipv2.quiet import VERBOSE
from tests.integration.test_train_test_tools import CONFIG, ROOT
from tests.tiny_files import write_images, write_model

MOST_LINES = 30  # two epochs of two steps, each logged, and two validations
NOISE = (
    'OneDL', 'faster_coco_eval', 'Hsigmoid', 'paramwise_options', 'init_weights',
    'requires_grad=False', 'IS NOT expected', 'UserWarning', 'FutureWarning',
    'HardDiskBackend', 'TOKENIZERS_PARALLELISM', 'creating index', 'Hooks will be',
)  # fmt: skip


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
        env={**os.environ, 'OMP_NUM_THREADS': '1', VERBOSE: '0', **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def check_quiet(done: subprocess.CompletedProcess, most: int) -> None:
    said = done.stdout + done.stderr
    assert [word for word in NOISE if word in said] == []
    assert len(done.stderr.splitlines()) <= most, done.stderr


@pytest.fixture(scope='module')
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('quiet')
    run(
        'tools/dataset_converters/make_emoji_scenes.py', folder / 'scenes', '--size',
        96, '--object-size', 24, 60, '--train', 4, '--val', 2, '--val-unseen', 1,
        '--jobs', 1, '--formats', 'coco',
    )  # fmt: skip
    file = folder / 'tiny.py'
    file.write_text(CONFIG.format(root=ROOT, data=folder / 'scenes'))
    return file


@pytest.fixture(scope='module')
def trained(config: Path) -> subprocess.CompletedProcess:
    return run('tools/train.py', config, '--work-dir', config.parent / 'work')


@pytest.mark.timeout(300)
def test_training_says_little(
    trained: subprocess.CompletedProcess, config: Path
) -> None:
    check_quiet(trained, MOST_LINES)
    assert trained.stdout == ''
    said = trained.stderr
    assert 'training GLIPv2 on cpu: 4 samples, 4 steps' in said
    assert 'Epoch(train)' in said and 'bbox_mAP' in said
    assert f'--model {config.parent / "work" / "epoch_2.pth"}' in said
    # The log file has what the console lacks.
    (log,) = (config.parent / 'work').glob('*/*.log')
    assert 'Hooks will be' in log.read_text() and 'Epoch(train)' in log.read_text()


@pytest.mark.timeout(300)
def test_a_test_says_its_figures(
    trained: subprocess.CompletedProcess, config: Path
) -> None:
    work = config.parent / 'work'
    done = run('tools/test.py', config, work / 'epoch_2.pth', '--work-dir', work / 't')
    check_quiet(done, 20)
    assert done.stdout == ''
    assert 'testing GLIPv2 on cpu: 2 samples' in done.stderr
    assert 'bbox_mAP' in done.stderr


@pytest.mark.timeout(300)
def test_a_demo_prints_results_alone(tmp_path: Path) -> None:
    model = write_model(tmp_path)
    images = write_images(tmp_path)
    call = (
        'tools/demo/image_demo.py', images / '0.png', model, '--texts', 'cat . dog',
        '--out-dir', tmp_path / 'out', '--print-result', '--pred-score-thr', 0,
    )  # fmt: skip
    done = run(*call)
    check_quiet(done, 4)
    first, *_ = done.stdout.splitlines()
    assert first.startswith(f'{images / "0.png"} {{')


def test_verbose_brings_all_back(tmp_path: Path) -> None:
    code = (
        'from glipv2.quiet import quiet_console\n'
        'quiet_console()\n'
        'from mmengine.fileio.file_client import HardDiskBackend\n'
        'HardDiskBackend()\n'
    )
    assert 'HardDiskBackend' not in (done := run('-c', code)).stdout + done.stderr
    loud = run('-c', code, **{VERBOSE: '1'})
    assert 'HardDiskBackend' in loud.stderr and loud.stdout == ''
    assert 'faster_coco_eval' in loud.stderr


def test_an_import_keeps_the_users_own(tmp_path: Path) -> None:
    code = (
        'import logging, sys, warnings\n'
        'before = sys.stdout, warnings.showwarning, list(logging.root.handlers)\n'
        'import glipv2\n'
        'assert before == (sys.stdout, warnings.showwarning, logging.root.handlers)\n'
        'warnings.warn("faster_coco_eval is not installed: my own")\n'
        'from glipv2.quiet import quiet_console\n'
        'quiet_console()\n'
        'warnings.warn("mine as well")\n'
        'print("a result")\n'
    )
    script = tmp_path / 'users.py'
    script.write_text(code)
    done = run(script)
    assert done.stdout == 'a result\n'
    shown = [line for line in done.stderr.splitlines() if 'Warning: ' in line]
    assert len(shown) == 2, done.stderr
    assert 'my own' in shown[0] and 'mine as well' in shown[1]

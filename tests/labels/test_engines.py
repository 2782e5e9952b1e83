"""Ray's workers and torchrun's processes find what one process finds."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glipv2.labels.job import LabelJob
from tests.labels.conftest import NAMES, answers_of

COPIES = 40


@pytest.fixture(scope='module')
def pictures(done: LabelJob, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder of more images, and a broken one."""
    folder = tmp_path_factory.mktemp('more') / 'pictures'
    folder.mkdir()
    for number in range(COPIES):
        source = done.folder / ('a.png', 'x.jpg', 'x.png')[number % 3]
        (folder / f'{number:03}{source.suffix}').symlink_to(source)
    (folder / 'broken.png').symlink_to(done.folder / 'broken.png')
    return folder


def command(done: LabelJob, pictures: Path, out: Path, *more: str) -> list[str]:
    """Make the command line."""
    return [
        '-m', 'glipv2_cli', 'label', str(pictures), '--names', ' . '.join(NAMES),
        '--out', str(out), '--model', done.model, '--device', 'cpu', *more,
    ]  # fmt: skip


ONE_THREAD = dict(os.environ, OMP_NUM_THREADS='1')


@pytest.fixture(scope='module')
def expected(done: LabelJob, pictures: Path, tmp_path_factory) -> Path:
    """Label by one process."""
    out = tmp_path_factory.mktemp('one') / 'labels'
    subprocess.run(
        [sys.executable, *command(done, pictures, out)],
        check=True, capture_output=True, env=ONE_THREAD,
    )  # fmt: skip
    return out


def same_files(out: Path, expected: Path) -> None:
    """Compare what was found, and what is made of it, byte for byte."""
    for name in ('answers.jsonl', 'skipped.jsonl', 'coco/train.json'):
        assert (out / name).read_bytes() == (expected / name).read_bytes(), name
    assert not list(out.glob('*part*'))


@pytest.mark.timeout(400)
def test_ranks_of_torchrun(
    done: LabelJob, pictures: Path, expected: Path, tmp_path: Path
) -> None:
    launch = ['-m', 'torch.distributed.run', '--standalone', '--nproc_per_node=2']
    out = tmp_path / 'labels'
    for _ in range(2):  # a complete job is written again
        run = subprocess.run(
            [sys.executable, *launch, *command(done, pictures, out)],
            capture_output=True, text=True, env=ONE_THREAD,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr[-2000:]
        assert run.stdout.count(f'{COPIES + 1} images') == 1
        same_files(out, expected)


@pytest.mark.timeout(400)
def test_two_workers_of_ray_of_which_one_is_killed(
    done: LabelJob, pictures: Path, expected: Path, tmp_path: Path
) -> None:
    pytest.importorskip('ray.data')
    out = tmp_path / 'labels'
    more = ('--engine', 'ray', '--processes', '2')
    run = subprocess.Popen(
        [sys.executable, *command(done, pictures, out, *more)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=dict(ONE_THREAD, RAY_memory_monitor_refresh_ms='0'),
    )  # fmt: skip
    part = out / 'answers.jsonl.part-0'
    while not (part.is_file() and part.stat().st_size):
        assert run.poll() is None, run.stdout.read()[-3000:]
        time.sleep(0.01)
    workers = subprocess.run(
        ['pgrep', '-f', r'^ray::.*RayAsker'], capture_output=True, text=True
    ).stdout.split()
    assert len(workers) == 2
    os.kill(int(workers[0]), signal.SIGKILL)
    said, _ = run.communicate()
    assert run.returncode == 0, said[-3000:]
    same_files(out, expected)


def test_without_ray_it_is_said(done: LabelJob, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / 'ray.py').write_text('raise ImportError("no ray")')
    run = subprocess.run(
        [sys.executable,
         *command(done, pictures, tmp_path / 'labels', '--engine', 'ray')],
        capture_output=True, text=True,
        env=dict(ONE_THREAD, PYTHONPATH=str(tmp_path)),
    )  # fmt: skip
    assert run.returncode
    assert '--engine ray needs Ray Data' in run.stderr.splitlines()[-1]


def test_answers_of_all_images(expected: Path, done: LabelJob) -> None:
    lines = (expected / 'images.txt').read_text().splitlines()
    names = [json.loads(line)['file_name'] for line in lines]
    job = LabelJob(done.folder, expected, NAMES)
    assert [x['file_name'] for x in answers_of(job)] == [
        name for name in names if name != 'broken.png'
    ]

"""The scripts that start several processes find the Python of the checkout."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / 'tools'
SCRIPTS = {
    'dist_train.sh': ('c.py', '1'),
    'dist_test.sh': ('c.py', 'x.pth', '1'),
    'slurm_train.sh': ('p', 'job', 'c.py', 'work'),
    'slurm_test.sh': ('p', 'job', 'c.py', 'x.pth'),
}


def write_program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\n{text}\n')
    path.chmod(0o755)


@pytest.mark.parametrize('script', SCRIPTS)
@pytest.mark.parametrize('active', [False, True])
def test_the_python_of_the_checkout(script: str, active: bool, tmp_path: Path) -> None:
    shutil.copytree(TOOLS, tmp_path / 'tools', ignore=lambda folder, names: [
        name for name in names
        if not name.endswith('.sh') and not (Path(folder) / name).is_dir()
    ])  # fmt: skip
    write_program(tmp_path / '.venv/bin/python', 'echo checkout "$@"')
    write_program(tmp_path / 'bin/python', 'echo active "$@"')
    # It starts what follows its own options.
    write_program(
        tmp_path / 'bin/srun',
        'while [ "${1#-}" != "$1" ]; do [ "$1" = -p ] && shift; shift; done\nexec "$@"',
    )
    environment = dict(PATH=f'{tmp_path / "bin"}:{os.environ["PATH"]}')
    if active:
        environment['VIRTUAL_ENV'] = '/anywhere'
    done = subprocess.run(
        ['bash', tmp_path / 'tools' / script, *SCRIPTS[script]],
        capture_output=True, text=True, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    who, *arguments = done.stdout.split()
    assert who == ('active' if active else 'checkout')
    assert 'c.py' in arguments

"""Files that one process makes from others."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from glipv2.datasets.files.kept_file import kept_file

PROCESS = """
import os, sys, time
from pathlib import Path
from torch import distributed
from glipv2.datasets.files.kept_file import kept_file

source = Path(sys.argv[1])
distributed.init_process_group('gloo')

def write(file):
    print('made by', distributed.get_rank(), flush=True)
    if sys.argv[2] == 'fail':
        raise ValueError('a bad file')
    time.sleep(0.5)  # the other one would come too early
    file.write(b'whole')

try:
    print(kept_file((source,), '.x', write).read_bytes().decode(), flush=True)
except ValueError as error:
    print(error, flush=True)
"""


@pytest.mark.parametrize('end', ['whole', 'fail'])
def test_one_process_makes_it_and_the_others_wait(end: str, tmp_path: Path) -> None:
    source = tmp_path / 'source'
    source.write_text('x')
    env = dict(os.environ, MASTER_ADDR='127.0.0.1', WORLD_SIZE='2')
    env['MASTER_PORT'] = str(29600 + os.getpid() % 300)
    processes = [
        subprocess.Popen(
            [sys.executable, '-c', PROCESS, source, end],
            env=dict(env, RANK=str(rank), LOCAL_RANK=str(rank)),
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    told = [
        [
            x
            for x in process.communicate(timeout=100)[0].splitlines()
            if 'OneDL' not in x
        ]
        for process in processes
    ]
    if end == 'whole':
        assert told == [['made by 0', 'whole'], ['whole']]
    else:  # both say it, and none waits for ever
        assert all('a bad file' in lines for lines in told)
    assert not list(tmp_path.glob('*.writing'))


def test_an_error_leaves_nothing_and_a_change_makes_another(tmp_path: Path) -> None:
    source = tmp_path / 'source'
    source.write_text('x')

    def fail(file: object) -> None:
        file.write(b'half')
        raise ValueError('no')

    with pytest.raises(ValueError, match='no'):
        kept_file((source,), '.x', fail)
    assert [path.name for path in tmp_path.iterdir()] == ['source']
    first = kept_file((source,), '.x', lambda file: file.write(b'1'))
    source.write_text('xy')
    second = kept_file((source,), '.x', lambda file: file.write(b'2'))
    assert first.read_bytes() == b'1'
    assert second.read_bytes() == b'2'
    assert kept_file((source,), '.x', fail) == second

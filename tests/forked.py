"""Scripts as real processes that start at once: the packages are imported once.

A start costs five seconds of processor time, most of a small test. A test of the start
itself (what is imported, printed or read from the environment then) needs
``subprocess``.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
ANSWER = 'exit status'  # other lines are what packages print when imported


def run_forked(
    argv: Sequence[object],
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    input: str = '',
    ranks: int = 1,
    timeout: float = 300,
) -> subprocess.CompletedProcess:
    """Run a script as ``subprocess.run([sys.executable, *argv])`` does.

    Args:
        argv: Script, or ``-m`` and a module, and arguments.
        cwd: Folder that it runs in.
        env: What it finds in its environment beside this process's.
        input: What it reads from stdin.
        ranks: Number of processes, as under torchrun.
        timeout: After so many seconds it is killed.

    Returns:
        Its exit status (the worst of all ranks) and what it printed.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / name for name in ('stdin', 'stdout', 'stderr')}
        for file in files.values():
            file.write_text(input if file.name == 'stdin' else '')
        job = dict(
            argv=[str(each) for each in argv], cwd=str(cwd), ranks=ranks,
            env={**os.environ, **(env or {})}, timeout=timeout,
            **{name: str(file) for name, file in files.items()},
        )  # fmt: skip
        server = _server()
        server.stdin.write(json.dumps(job) + '\n')
        server.stdin.flush()
        lines = iter(server.stdout.readline, '')
        status = next(line for line in lines if line.startswith(ANSWER))
        printed = [
            files[name].read_text(errors='replace') for name in ('stdout', 'stderr')
        ]
    return subprocess.CompletedProcess(list(argv), int(status.split()[-1]), *printed)


def run_well(argv: Sequence[object], **how: object) -> str:
    """Run a script that must succeed.

    Args:
        argv: As of :func:`run_forked`.
        **how: As of :func:`run_forked`.

    Returns:
        What it printed, on stdout and then on stderr.
    """
    done = run_forked(argv, **how)
    printed = done.stdout + done.stderr
    assert done.returncode == 0, f'{argv}\n{printed[-4000:]}'
    return printed


@lru_cache(maxsize=1)
def _server() -> subprocess.Popen:
    """Start the server of this test process, which ends with it."""
    server = subprocess.Popen(
        [sys.executable, '-m', 'tests.fork_server'], cwd=ROOT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    # Closing its stdin is not enough: workers of loaders, forked from this process,
    # may hold the other end as well.
    atexit.register(server.terminate)
    return server

"""Runs scripts, each in processes of its own that need not import the packages again.

Reads jobs from stdin, a JSON object a line: ``argv`` (script, or ``-m`` and a module,
and arguments), ``cwd``, ``env`` (the whole environment), ``ranks`` (number of
processes; more than one meet through gloo, as under torchrun), ``timeout`` in seconds,
and the files ``stdin``, ``stdout`` and ``stderr``. Answers with a line
``exit status N``, the worst.
"""

import gc
import json
import os
import runpy
import signal
import socket
import sys
import time
import traceback

from mmdet.utils import register_all_modules
from torch import distributed
from transformers import BertModel, CLIPTextModel  # noqa: F401 (imported once)

import glipv2  # noqa: F401 (imported once, for all)
from glipv2.engine import config_text
from tests.forked import ANSWER

STREAMS = (('stdin', os.O_RDONLY), ('stdout', os.O_WRONLY), ('stderr', os.O_WRONLY))


def run_script(argv: list[str]) -> int:
    """Run a script as ``python SCRIPT ARGUMENTS`` does, or a module as ``-m``."""
    try:
        if argv[0] == '-m':
            sys.argv = argv[1:]
            runpy.run_module(argv[1], run_name='__main__', alter_sys=True)
        else:
            sys.argv = argv
            sys.path.insert(0, os.path.dirname(argv[0]))
            runpy.run_path(argv[0], run_name='__main__')
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
            return 1
        return stop.code or 0
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def run_rank(job: dict, rank: int, port: int) -> None:
    """Be one process of a job; does not return."""
    os.setsid()  # so that the server can end its children as well
    for number, (name, mode) in enumerate(STREAMS):
        os.dup2(os.open(job[name], mode | os.O_APPEND * bool(mode)), number)
    os.chdir(job['cwd'])
    os.environ.clear()
    os.environ.update(job['env'])
    if job['ranks'] > 1:
        os.environ.update(
            MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port), RANK=str(rank),
            LOCAL_RANK=str(rank), WORLD_SIZE=str(job['ranks']),
        )  # fmt: skip
        # mmengine would ask for a GPU.
        distributed.init_process_group('gloo', rank=rank, world_size=job['ranks'])
    status = 1
    try:
        status = run_script(job['argv'])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:  # else it would go on as the server does
        os._exit(status)


def wait_for(children: list[int], seconds: float) -> int:
    """Wait for processes; those that take longer are killed.

    Returns:
        The worst exit status.
    """
    worst, deadline = 0, time.monotonic() + seconds
    for child in children:
        while not (ended := os.waitpid(child, os.WNOHANG))[0]:
            if time.monotonic() > deadline:
                os.killpg(child, signal.SIGKILL)
            time.sleep(0.01)
        worst = max(worst, abs(os.waitstatus_to_exitcode(ended[1])))
    return worst


def free_port() -> int:
    """Find a port for the processes to meet at."""
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        return server.getsockname()[1]


def main() -> None:
    register_all_modules(init_default_scope=False)
    # Half of the time would go into the layout of the dumped configs' lines.
    config_text.LONGEST = 0
    config_text.lay_out_once()
    gc.freeze()  # else a child copies most of the memory when it collects garbage
    for line in sys.stdin:
        job, port, children = json.loads(line), free_port(), []
        for rank in range(job['ranks']):
            child = os.fork()
            if child == 0:
                run_rank(job, rank, port)
            children.append(child)
        print(ANSWER, wait_for(children, job['timeout']), flush=True)


if __name__ == '__main__':
    main()

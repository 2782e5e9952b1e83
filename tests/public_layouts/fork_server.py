"""Runs scripts, each in processes of its own that need not import the packages again.

Reads jobs from stdin, a JSON object a line: ``argv`` (script and arguments), ``log``
(file for what it prints), ``cwd`` and ``ranks`` (number of processes; more than one
meet through gloo, as under torchrun). Answers with a line ``exit status N``, the worst.
"""

import gc
import json
import os
import runpy
import socket
import sys
import traceback

from mmdet.utils import register_all_modules
from torch import distributed
from transformers import BertModel, CLIPTextModel  # noqa: F401 (imported once)

import glipv2  # noqa: F401 (imported once, for all)
from glipv2.engine import config_text

ANSWER = 'exit status'  # other lines are what packages print when imported


def run_script(argv: list[str]) -> int:
    """Run a script as ``python SCRIPT ARGUMENTS`` does."""
    sys.argv = argv
    try:
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
    log = os.open(job['log'], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.chdir(job['cwd'])
    if job['ranks'] > 1:
        os.environ.update(
            MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port), RANK=str(rank),
            LOCAL_RANK=str(rank), WORLD_SIZE=str(job['ranks']),
        )  # fmt: skip
        # mmengine would ask for a GPU.
        distributed.init_process_group('gloo', rank=rank, world_size=job['ranks'])
    status = run_script(job['argv'])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


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
        statuses = [os.waitstatus_to_exitcode(os.waitpid(c, 0)[1]) for c in children]
        print(ANSWER, max(map(abs, statuses)), flush=True)


if __name__ == '__main__':
    main()

"""A process of a labelling job, started by ``run.py``."""

import sys
from pathlib import Path

from ..engine.command_line import user_errors_in_one_line
from ..quiet import quiet_console
from .ask import ask
from .job import LabelJob


def main() -> None:
    out, rank, processes, batch_size, device = sys.argv[1:]
    says = sys.stdout  # to the process that started this one
    quiet_console()
    if device == 'cuda':
        device = f'cuda:{rank}'
    with user_errors_in_one_line():
        job = LabelJob.of(Path(out))
        for count in ask(
            job, device or None, int(batch_size), int(rank), int(processes)
        ):
            print(count, file=says, flush=True)


if __name__ == '__main__':
    main()

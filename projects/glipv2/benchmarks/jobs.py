"""Long runs side by side, each in a process of its own."""

import argparse
import logging
import os
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Key = TypeVar('Key', bound=Hashable)
Found = TypeVar('Found')


def add_jobs_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--jobs`` to a command line."""
    parser.add_argument(
        '--jobs', type=int, default=1, help='runs at once, which share the CPU cores'
    )


def add_runs_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--seeds``, each of which has runs of its own, and ``--jobs``."""
    parser.add_argument(
        '--seeds', type=int, nargs='+', default=[0, 1, 2],
        help='each has runs of its own (default: %(default)s)',
    )  # fmt: skip
    add_jobs_option(parser)


def count_cores(parser: argparse.ArgumentParser, jobs: int) -> int:
    """Count the CPU cores that a command may use; refuse more ``--jobs`` than that."""
    cores = len(os.sched_getaffinity(0))
    if not 1 <= jobs <= cores:
        parser.error(f'--jobs must be 1 to {cores}, the number of CPU cores')
    return cores


def run_jobs(
    jobs: Mapping[Key, Callable[[], Found]], at_once: int, cores: int
) -> dict[Key, Found]:
    """Do jobs in their order.

    Args:
        jobs: By name; they can be pickled.
        at_once: As many run side by side.
        cores: CPU cores that they share.

    Returns:
        What each returned.
    """
    # Read when a process loads torch, as each started here and each training does.
    os.environ['OMP_NUM_THREADS'] = str(cores // at_once)
    with ThreadPoolExecutor(at_once) as pool:
        waiting = {name: pool.submit(in_own_process, job) for name, job in jobs.items()}
        try:
            return {name: done.result() for name, done in waiting.items()}
        except BaseException:  # Ctrl-C: the pool would do all others first
            pool.shutdown(cancel_futures=True)
            raise


def in_own_process(job: Callable[..., Found], *arguments: object) -> Found:
    """Call a function in a new process, and wait for what it returns."""
    with ProcessPoolExecutor(1, get_context('spawn'), _leave_out_warnings) as process:
        return process.submit(job, *arguments).result()


def _leave_out_warnings() -> None:
    logging.disable(logging.WARNING)

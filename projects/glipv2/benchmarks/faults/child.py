"""Child processes that may be killed, forked from one that has imported everything.

They end as a user's process does: Python waits for threads and for its own children,
calls what is registered for the end, and garbage goes. What hangs there is lost.
"""

import atexit
import gc
import os
import signal
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable
from pathlib import Path

import torch

UNFLUSHED = 120  # Python's exit code if what is printed cannot be written


def start(work: Callable[[], object], output: Path | None = None) -> int:
    """Fork a process, the first of a group of its own.

    Args:
        work: What it does; then its interpreter ends, with code 1 after an error.
        output: File for what it prints; None: nowhere.

    Returns:
        Its process number.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    # Of the parent: its temporary folders would be removed, its objects looked through.
    weakref.finalize._registry.clear()
    gc.freeze()
    # A fork takes no threads along, and OpenMP would wait for those of the parent.
    torch.set_num_threads(1)
    try:
        os.setsid()
        target = os.open(output or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(target, 1)
        os.dup2(target, 2)
        # What stands in their place in the parent may keep what is printed.
        sys.stdout = open(1, 'w', closefd=False)  # noqa: SIM115
        sys.stderr = open(2, 'w', closefd=False)  # noqa: SIM115
        work()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
        if not isinstance(end.code, int):
            print(end, file=sys.stderr)
    except BaseException:  # as an interpreter that ends with it
        traceback.print_exc()
    finally:
        _end(code)


def _end(code: int) -> None:
    """End a child as an interpreter does; whatever happens, it ends."""
    try:
        # As multiprocessing ends its own; libraries in C would wait there for threads
        # that a fork does not take along.
        for step in (threading._shutdown, atexit._run_exitfuncs, gc.collect):
            try:
                step()
            except BaseException:  # told, and no more, by an interpreter
                traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # else it would go on as the parent does
        code = code or UNFLUSHED
    finally:
        os._exit(code)


def time_of(work: Callable[[], object], note: Path, patience: float = 120.0) -> float:
    """Do something in a process; its start and its end do not count.

    Args:
        work: What it does.
        note: File in which the time is noted; what is printed goes to one beside it.
        patience: Seconds that it may take.

    Returns:
        Seconds.

    Raises:
        RuntimeError: If it fails, with the end of what it prints.
    """
    printed = note.with_suffix('.txt')

    def timed() -> None:
        begin = time.monotonic()
        work()
        note.write_text(str(time.monotonic() - begin))

    code = code_of(start(timed, printed), patience)
    if code != 0:
        last = printed.read_text()[-2000:]
        raise RuntimeError(f'a process without a fault ends with {code}: {last}')
    return float(note.read_text())


def wait_for(folder: Path, pattern: str, seconds: float = 60.0) -> None:
    """Wait until a folder has a file.

    Args:
        folder: The folder, which need not be there yet.
        pattern: Of the file's name.
        seconds: To wait at most.

    Raises:
        TimeoutError: If it does not come.
    """
    end = time.monotonic() + seconds
    while not any(folder.glob(pattern)):
        if time.monotonic() > end:
            raise TimeoutError(f'there is no {pattern} after {seconds:.0f} s')
        time.sleep(0.01)


def code_of(child: int, seconds: float = 120.0) -> int:
    """Wait for a process.

    Args:
        child: Its number.
        seconds: It may take; then it is killed.

    Returns:
        Its exit code, or minus the signal that ended it.

    Raises:
        TimeoutError: If it had to be killed.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    kill(child)
    raise TimeoutError(f'a process did not end within {seconds:.0f} s')


def kill(child: int, number: int = signal.SIGKILL) -> int:
    """Send a signal to a process and its own; wait for its end."""
    try:
        os.killpg(child, number)
    except ProcessLookupError:  # it has not made its group yet, or has ended
        os.kill(child, number)
    return code_of(child)

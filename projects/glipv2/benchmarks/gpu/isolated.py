"""A part in its own process, so that its failure ends no other."""

import logging
import multiprocessing
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from multiprocessing.connection import Connection

from .settings import CannotRunError, Findings, Settings

Check = Callable[[Settings], Findings]


def run_alone(part: Callable[[], Check], settings: Settings) -> dict[str, object]:
    """Run a part in a child process.

    Args:
        part: Imports the part and returns its check; a function of a module.
        settings: What to run on.

    Returns:
        The findings' fields; or ``could_not``, one line about why it did not run,
        with ``traceback`` if it is no known reason.
    """
    # Importing mmdet starts CUDA, and a process with CUDA cannot be forked; on the CPU
    # a fork saves the imports.
    method = 'fork' if settings.self_test else 'spawn'
    context = multiprocessing.get_context(method)
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=work, args=(part, settings, sender))
    child.start()
    sender.close()
    try:
        found = receiver.recv()
    except EOFError:
        found = None
    child.join()
    if found is None:
        return dict(could_not=f'its process died with exit code {child.exitcode}')
    return found


def work(part: Callable[[], Check], settings: Settings, sender: Connection) -> None:
    """Run the part and send its findings; what it prints goes to stderr."""
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    logging.disable(logging.WARNING)
    try:
        found = asdict(part()(settings))
    except CannotRunError as error:
        found = dict(could_not=str(error))
    except Exception as error:
        found = dict(could_not=reason(error), traceback=traceback.format_exc())
    sender.send(found)


def reason(error: Exception) -> str:
    """Explain in one line why a part could not run."""
    line = str(error).strip().partition('\n')[0] or type(error).__name__
    if isinstance(error, ImportError):
        return f'a package is missing: {line}'
    if 'out of memory' in line.lower():
        return f'too little memory: {line}'
    if 'implementation for device' in line:
        return f"mmcv's operators were compiled without CUDA: {line}"
    return f'{type(error).__name__}: {line}'

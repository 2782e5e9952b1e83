"""Standard output for results alone."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click


@contextmanager
def results_only() -> Iterator[TextIO]:
    """Keep standard output for results: whatever else is printed goes to stderr.

    Libraries print to it as well, some of them from C, so the file descriptor is
    exchanged, not ``sys.stdout``.

    Yields:
        Where results are written, UTF-8.

    Raises:
        BrokenPipeError: If nobody reads them any more.
    """
    sys.stdout.flush()
    results = os.fdopen(os.dup(1), 'w', encoding='utf-8', newline='\n')
    os.dup2(2, 1)
    try:
        yield results
        results.flush()
    except BrokenPipeError:
        # What is left in the buffer would raise again when it is closed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), results.fileno())
        raise
    finally:
        sys.stdout.flush()
        results.close()


@contextmanager
def results_or_one_line() -> Iterator[TextIO]:
    """Keep standard output for results; what is wrong with an input is one line.

    Yields:
        As :func:`results_only`.

    Raises:
        ClickException: In place of an error that a user can mend.
    """
    try:
        with results_only() as results:
            yield results
    except BrokenPipeError:
        raise
    except (OSError, ValueError, ImportError) as error:
        raise click.ClickException(str(error)) from error

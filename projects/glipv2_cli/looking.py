"""Runs the commands that look at images."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import click

from .standard_output import results_only

SOME_FAILED = 1


def look(
    task: str,
    inputs: tuple[str, ...],
    text: str | None,
    format: str | None,
    **options: Any,
) -> None:
    """Find, ask or describe, and write the results to standard output.

    Args:
        task: The task.
        inputs: As typed.
        text: The text of all images; None: there is none.
        format: Of the results; None: text on a terminal, JSON lines elsewhere.
        **options: Of ``glipv2.apis.look.Look``.

    Raises:
        ClickException: If the whole call is wrong.
        Exit: With 1 if an image failed.
    """
    if inputs.count('-') > 1:
        raise click.UsageError('- (a list from standard input) can be given only once')
    with results_only() as results:
        format = format or ('text' if results.isatty() else 'jsonl')
        try:
            from glipv2.apis.exporters import EXPORTERS, check_format
            from glipv2.apis.look import Look
            from glipv2.quiet import quiet_console

            quiet_console()
            check_format(format, task)
            looks = Look(task, text, **options)
            counted = Counted(looks.at(_with_lists(inputs)))
            EXPORTERS[format](counted, results)
        except BrokenPipeError:
            raise
        except (OSError, ValueError, ImportError) as error:
            raise click.ClickException(str(error)) from error
    if nothing := looks.finds.explain_nothing():
        click.echo(nothing, err=True)
    if counted.failed:
        click.echo(f'{counted.failed} of {counted.all} failed', err=True)
        raise click.exceptions.Exit(SOME_FAILED)


class Counted:
    """Records that pass by, and how many of them failed.

    Args:
        records: Of ``Look.at``.
    """

    def __init__(self, records: Iterable) -> None:
        self.records = records
        self.all = self.failed = 0

    def __iter__(self) -> Iterator:
        for record in self.records:
            self.all += 1
            if record.error is not None:
                self.failed += 1
                click.echo(f'error: {record.error}', err=True)
            yield record


def _with_lists(inputs: Iterable[str]) -> Iterator[str]:
    for item in inputs:
        if item == '-':
            lines = sys.stdin.read().splitlines()
            yield from (line.strip() for line in lines if line.strip())
        else:
            yield item

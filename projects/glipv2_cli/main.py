"""Entry point of ``glipv2``: exit codes, and errors in one line."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from .group import CommandFiles

WRONG_USAGE = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
READER_GONE = 141  # 128 + SIGPIPE

glipv2 = CommandFiles(
    name='glipv2',
    help='Find anything by words, segment it, ask about images, describe them.',
    epilog="""\b
    Examples:
      glipv2 detect photo.jpg --text "red apple . dog face"
      glipv2 ask photo.jpg --text "what colour is the cup?"
      glipv2 COMMAND --help""",
    no_args_is_help=True,
    context_settings=dict(help_option_names=['-h', '--help']),
)
click.version_option(
    package_name='glipv2', prog_name='glipv2', help='Show the version and exit.'
)(glipv2)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command.

    Args:
        arguments: The command line; None: the process's.

    Raises:
        SystemExit: Always; 0, 1 (something failed), 2 (wrong usage), 130 (Ctrl-C) or
            141 (nobody reads the results any more).
    """
    try:
        sys.exit(glipv2.main(arguments, prog_name='glipv2', standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(WRONG_USAGE)
    except click.ClickException as error:
        _say(error)
        sys.exit(WRONG_USAGE)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.exit(READER_GONE)


def _say(error: click.ClickException) -> None:
    context = getattr(error, 'ctx', None)
    command = context.command_path if context else 'glipv2'
    message = ' '.join(error.format_message().split())
    hint = f' (see {command} --help)' if isinstance(error, click.UsageError) else ''
    click.echo(f'{command}: error: {message}{hint}', err=True)

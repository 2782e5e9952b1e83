"""A group with one file of ``commands/`` for each command, read when it is needed."""

from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import click

from . import commands


class CommandFiles(click.Group):
    """Offers the ``command`` of each module of ``glipv2_cli.commands``.

    A new command is a new file: it imports nothing slow at its top.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands' names.

        Returns:
            The modules' names, in alphabetical order.
        """
        return sorted(module.name for module in iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command.

        Args:
            ctx: click's.
            cmd_name: Its name.

        Returns:
            The command, None if there is no such.
        """
        if cmd_name not in self.list_commands(ctx):
            return None
        return import_module(f'{commands.__name__}.{cmd_name}').command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command that was typed; names similar ones if there is none.

        Raises:
            UsageError: If there is no such command.
        """
        known = self.list_commands(ctx)
        if args[0] not in known and not args[0].startswith('-'):
            close = get_close_matches(args[0], known, n=2)
            hint = f'did you mean {" or ".join(close)}?' if close else 'there are '
            hint += '' if close else ', '.join(known)
            raise click.UsageError(f'there is no command {args[0]!r}; {hint}', ctx)
        return super().resolve_command(ctx, args)

"""Commands that are scripts of ``tools/``: help at once, the rest by the script."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import click

from .defaults import FOLDER

PLACES = (Path(FOLDER) / '.mim' / 'tools', Path(FOLDER).parents[1] / 'tools')


class ScriptCommand(click.Command):
    """A script under the name of a command.

    The script reads its own arguments, so both have the same; only ``--help`` is
    answered here, because the script would import everything first.

    Args:
        name: The command's.
        script: Path below ``tools``.
        usage: The positional arguments.
        summary: One line.
        options: What each option does, by its spelling with the value.
        examples: Command lines.
    """

    def __init__(
        self,
        name: str,
        script: str,
        usage: str,
        summary: str,
        options: Mapping[str, str],
        examples: tuple[str, ...],
    ) -> None:
        super().__init__(
            name,
            help=summary,
            short_help=summary,
            context_settings=dict(
                ignore_unknown_options=True,
                allow_extra_args=True,
                help_option_names=['-h', '--help'],
            ),
        )
        self.script = script
        self.usage = usage
        self.listed = dict(options)
        self.examples = examples

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Show the script's arguments."""
        return [self.usage, '[OPTIONS]']

    def format_options(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Show the script's options, then examples."""
        rows = [*self.listed.items(), ('-h, --help', 'Show this message and exit.')]
        with formatter.section('Options'):
            formatter.write_dl(rows)
        with formatter.section('Examples'):
            for example in self.examples:
                formatter.write_text(f'glipv2 {self.name} {example}')

    def invoke(self, ctx: click.Context) -> None:
        """Run the script with the arguments as they were typed."""
        sys.argv = [f'glipv2 {self.name}', *ctx.args]  # runpy would name the script
        path = find_script(self.script)
        main = ModuleType('__main__')
        main.__file__ = str(path)
        sys.modules['__main__'] = main  # where its own functions are looked for
        exec(compile(path.read_text('utf-8'), str(path), 'exec'), main.__dict__)


def find_script(script: str) -> Path:
    """Find a script after an install and in a checkout.

    Args:
        script: Path below ``tools``.

    Raises:
        ClickException: If glipv2 was installed without it.
    """
    for place in PLACES:
        if (place / script).is_file():
            return place / script
    raise click.ClickException(f'glipv2 was installed without tools/{script}')

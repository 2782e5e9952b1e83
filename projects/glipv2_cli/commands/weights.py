"""``glipv2 weights``: published weights, fetched only when they are asked for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ..options import TRUST
from ..standard_output import results_or_one_line

NAME = click.argument('name')


@click.group(
    help='List, fetch, convert and check weights that others have published.',
    epilog="""\b
    Examples:
      glipv2 weights list
      glipv2 weights get glip_t
      glipv2 weights get glip_t --from /media/stick/glip_tiny_model_o365.pth""",
)
def command() -> None:
    """List, fetch, convert and check weights that others have published."""


@command.command('list', help='List the names, and which are here.')
def list_names() -> None:
    """List the names, and which are here."""
    with results_or_one_line() as results:
        from glipv2.convert.fetch import stored_names
        from glipv2.weights.table import releases

        here = stored_names()
        for row in releases().values():
            state = 'here' if row.name in here else row.shown_size
            cells = (row.name, state, row.license, row.scores or '-', row.what)
            results.write('\t'.join(cells) + '\n')


@command.command(help='Fetch weights once, convert and store them.')
@NAME
@click.option(
    '--mirror', metavar='URL', help='A server with the same paths.  [default: none]'
)
@click.option(
    '--from',
    'carried',
    metavar='FILE',
    type=click.Path(path_type=Path),
    help='The published file, brought from another machine; nothing is downloaded.  '
    '[default: download]',
)
@TRUST
def get(
    name: str, mirror: str | None, carried: Path | None, trust_pickle: bool
) -> None:
    """Fetch weights, convert and store them."""
    with results_or_one_line() as results, _progress() as report:
        from glipv2.convert.fetch import get_weights

        file = get_weights(name, mirror, carried, trust_pickle, report)
        results.write(f'{file}\n')


@command.command(help='Convert a published file to a .safetensors file of your choice.')
@NAME
@click.argument('source', type=click.Path(path_type=Path))
@click.argument('target', type=click.Path(path_type=Path))
@TRUST
def convert(name: str, source: Path, target: Path, trust_pickle: bool) -> None:
    """Convert a published file."""
    with results_or_one_line() as results:
        from glipv2.convert.fetch import convert_weights
        from glipv2.weights.table import release_of

        convert_weights(release_of(name), source, target, trust_pickle)
        results.write(f'{target}\n')


@command.command(help='Check stored weights: all, or those named.')
@click.argument('names', nargs=-1)
def verify(names: tuple[str, ...]) -> None:
    """Check stored weights."""
    with results_or_one_line() as results:
        from glipv2.convert.fetch import stored_names, verify_weights

        for name in names or stored_names():
            verify_weights(name)
            results.write(f'{name}: whole\n')


@contextmanager
def _progress() -> Iterator[Callable[[int, int | None], None]]:
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TransferSpeedColumn

    columns = (*Progress.get_default_columns(), DownloadColumn(), TransferSpeedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task('Weights', total=None)
        yield lambda have, total: progress.update(bar, completed=have, total=total)

"""``glipv2 info``: versions, operators and the device in use."""

import click


@click.command(help='Print versions, operators and the device in use.')
def command() -> None:
    """Print versions, operators and the device in use."""
    from ..standard_output import results_only

    with results_only() as results:
        from glipv2.__main__ import describe_all

        results.write(describe_all() + '\n')

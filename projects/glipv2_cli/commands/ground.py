"""``glipv2 ground``: boxes of a sentence's phrases."""

import click

from ..looking import look
from ..options import INPUT_HELP, SPANS, TEXT, looking


@click.command(
    short_help='Find what the phrases of a sentence name.',
    help=f'Find what the phrases of a sentence name.\n\n{INPUT_HELP}',
    epilog="""\b
    Examples:
      glipv2 ground photo.jpg --text "a dog face near a red apple"
      glipv2 ground photo.jpg -t "the dog there" -p "[[[4,7]]]" """,
)
@looking(TEXT, SPANS)
def command(**options: object) -> None:
    """Find what the phrases of a sentence name."""
    look('grounding', **options)

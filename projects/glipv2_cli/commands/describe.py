"""``glipv2 describe``: a sentence about an image."""

import click

from ..looking import look
from ..options import BOXES, INPUT_HELP, looking

BEGINNING = click.option(
    '-t', '--text', '--texts', default='', help='The first words.  [default: none]'
)


@click.command(
    short_help='Describe images in a sentence.',
    help=f'Describe images in a sentence.\n\n{INPUT_HELP}',
    epilog="""\b
    Examples:
      glipv2 describe photo.jpg
      glipv2 describe shots/ --boxes --format jsonl > captions.jsonl""",
)
@looking(BEGINNING, BOXES)
def command(boxes: bool, **options: object) -> None:
    """Describe images in a sentence."""
    look('grounded_caption' if boxes else 'caption', **options)

"""``glipv2 segment``: masks of named things."""

import click

from ..looking import look
from ..options import CHUNK, INPUT_HELP, SPANS, TEXT, looking


@click.command(
    short_help='Outline what names or a sentence name.',
    help=f'Outline what names or a sentence name: boxes and masks.\n\n{INPUT_HELP}',
    epilog="""\b
    Examples:
      glipv2 segment photo.jpg --text "red apple . dog face" --out-dir drawn
      glipv2 segment shots/ -t "cup" --format coco > cups.json""",
)
@looking(TEXT, SPANS, CHUNK)
def command(**options: object) -> None:
    """Outline what names or a sentence name."""
    look('segmentation', **options)

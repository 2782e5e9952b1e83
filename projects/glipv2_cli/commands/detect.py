"""``glipv2 detect``: boxes of named things."""

import click

from ..looking import look
from ..options import CHUNK, INPUT_HELP, TEXT, looking


@click.command(
    short_help='Find what names name.',
    help=f'Find what names name, with a box and a score each.\n\n{INPUT_HELP}',
    epilog="""\b
    Examples:
      glipv2 detect photo.jpg --text "red apple . dog face"
      glipv2 detect shots/ -t "person" --format coco > persons.json
      glipv2 detect "shots/*.jpg" -t "$: coco" --out-dir drawn
      find . -name "*.png" | glipv2 detect - -t "cup" | jq .scores
      glipv2 detect clip.mp4 -t "dog" --every 5 -f csv""",
)
@looking(TEXT, CHUNK)
def command(**options: object) -> None:
    """Find what names name."""
    look('detection', **options)

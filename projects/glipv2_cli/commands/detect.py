"""``glipv2 detect``: boxes of named things."""

import click

from ..looking import look
from ..options import CHUNK, INPUT_HELP, NAMES_OR_NONE, looking

EXAMPLES = click.option(
    '--examples',
    metavar='FILE',
    help='What names look like: of glipv2 examples make, or JSON {name: [[image, '
    '[x1, y1, x2, y2]], ...]}. Without --text its names are looked for.  '
    '[default: none]',
)
HIDE_NAMES = click.option(
    '--hide-names', is_flag=True, help='Only examples count, not the words of names.'
)


@click.command(
    short_help='Find what names name.',
    help=f'Find what names name, with a box and a score each.\n\n{INPUT_HELP}',
    epilog="""\b
    Examples:
      glipv2 detect photo.jpg --text "red apple . dog face"
      glipv2 detect shots/ -t "person" --format coco > persons.json
      glipv2 detect "shots/*.jpg" -t "$: coco" --out-dir drawn
      find . -name "*.png" | glipv2 detect - -t "cup" | jq .scores
      glipv2 detect shelf.jpg --examples parts.json -m by_example.pth
      glipv2 detect clip.mp4 -t "dog" --every 5 -f csv""",
)
@looking(NAMES_OR_NONE, EXAMPLES, HIDE_NAMES, CHUNK)
def command(**options: object) -> None:
    """Find what names name."""
    if options['text'] is None and options['examples'] is None:
        raise click.UsageError("Missing option '--text' (or --examples)")
    look('detection', **options)

"""``glipv2 ask``: answers to a question."""

import click

from ..looking import look
from ..options import BOXES, INPUT_HELP, looking

QUESTION = click.option('-t', '--text', '--texts', required=True, help='The question.')
ANSWERS = click.option(
    '--num-answers',
    type=click.IntRange(min=1),
    help="Answers to give, best first.  [default: the model's]",
)


@click.command(
    short_help='Answer a question about images.',
    help=f'Answer a question about images.\n\n{INPUT_HELP}',
    epilog="""\b
    Examples:
      glipv2 ask photo.jpg --text "what colour is the cup?"
      glipv2 ask shots/ -t "is there a dog?" --boxes --num-answers 3""",
)
@looking(QUESTION, ANSWERS, BOXES)
def command(boxes: bool, **options: object) -> None:
    """Answer a question about images."""
    look('grounded_vqa' if boxes else 'vqa', **options)

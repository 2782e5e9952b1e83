"""Options of the commands that look at images."""

import ast
from collections.abc import Callable
from typing import Any

import click

from .defaults import default_of

Decorator = Callable[[Callable], Callable]


class Spans(click.ParamType):
    """Where the phrases of a sentence are: a Python list, or -1."""

    name = 'spans'

    def convert(self, value: Any, param: Any, ctx: Any) -> list | int:
        """Read the value of ``--tokens-positive``."""
        if not isinstance(value, str):
            return value
        try:
            spans = ast.literal_eval(value.strip())
        except (SyntaxError, ValueError):
            spans = None
        if spans != -1 and not isinstance(spans, list):
            self.fail(f'{value} is neither a list such as [[[21,30]]] nor -1')
        return spans


def _text_option(text: str, required: bool) -> Callable:
    return click.option('-t', '--text', '--texts', required=required, help=text)


NAMES = 'Names ("red apple . dog", "$: coco")'
TEXT = _text_option(f'{NAMES}, or a sentence whose phrases are found.', True)
NAMES_OR_NONE = _text_option(
    f'{NAMES}; a sentence is one name here, its phrases are found by glipv2 ground.  '
    '[default: the names of --examples]',
    False,
)
TRUST = click.option(
    '--trust-pickle',
    is_flag=True,
    help='Also read pickled Python objects; reading runs their code.',
)
SPANS = click.option(
    '-p',
    '--tokens-positive',
    type=Spans(),
    help="Characters of the sentence's phrases, such as [[[0,5]],[[9,14]]]; -1: all.  "
    '[default: noun phrases]',
)
BOXES = click.option(
    '--boxes', is_flag=True, help='Also find the boxes of what the sentence names.'
)
CHUNK = click.option(
    '--chunked-size',
    type=int,
    help="Most names of a prompt; -1: as many as fit.  [default: the model's]",
)

MODEL = click.option(
    '-m',
    '--model',
    default=default_of('MODEL'),
    show_default=True,
    help='Name of a model, a config, or a .pth that holds its config.',
)
CHECKPOINT = click.option(
    '--checkpoint',
    metavar='FILE',
    help='Weights of a config.  [default: those of the model]',
)
DEVICE = click.option(
    '--device', help='Such as cpu or cuda:0.  [default: a GPU if there is one]'
)
DTYPE = click.option(
    '--dtype',
    type=click.Choice(('fp32', 'bf16', 'auto')),
    default='fp32',
    show_default=True,
    help='bf16: weights in bfloat16; auto: where the processor multiplies it fast.',
)
BATCH_SIZE = click.option(
    '--batch-size',
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help='Images computed at once.',
)
SCORE = click.option(
    '--score',
    '--pred-score-thr',
    'score',
    type=click.FloatRange(0, 1),
    default=default_of('SCORE'),
    show_default=True,
    help='Least score of a box, 0 to 1.',
)
ONE_NAME = click.option(
    '--one-name-per-place',
    is_flag=True,
    help='Of boxes that overlap, whatever their names, only the best stays.',
)

INPUTS = click.argument('inputs', nargs=-1, required=True, metavar='INPUT...')
COMMON = (
    MODEL,
    CHECKPOINT,
    DEVICE,
    DTYPE,
    BATCH_SIZE,
    click.option(
        '--every',
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help='Compute every N-th frame of a video, camera or stream.',
    ),
    click.option(
        '--max-megapixels',
        type=click.FloatRange(min=0, min_open=True),
        help='Larger images are refused.  [default: 80]',
    ),
    click.option(
        '--out-dir',
        type=click.Path(file_okay=False),
        help='Folder for drawn images.  [default: none are drawn]',
    ),
    click.option(
        '-f',
        '--format',
        type=click.Choice(default_of('FORMATS')),
        help='Form of the results.  [default: text on a terminal, jsonl elsewhere]',
    ),
)
BOX_OPTIONS = (
    SCORE,
    click.option(
        '--nms-thr',
        type=click.FloatRange(0, 1),
        help="IoU above which the worse of two boxes goes.  [default: the model's]",
    ),
    click.option(
        '--precision',
        type=click.FloatRange(0, 1),
        help='Share of boxes that should be right, instead of a score; for weights '
        'with a calibration.  [default: none]',
    ),
    ONE_NAME,
    click.option(
        '--max-boxes',
        '--max-per-img',
        'max_per_img',
        type=click.IntRange(min=1),
        help="Most boxes of an image.  [default: the model's]",
    ),
)


def looking(*own: Decorator) -> Decorator:
    """Make the parameters of a command that looks at images.

    Args:
        *own: Options of this command, shown first.
    """

    def decorate(function: Callable) -> Callable:
        for option in reversed((INPUTS, *own, *BOX_OPTIONS, *COMMON)):
            function = option(function)
        return function

    return decorate


INPUT_HELP = """INPUT is an image, a folder, a pattern ("shots/*.jpg"), the address of
an image, a video, a camera (0), a stream (rtsp:// or http://), or -: a list of them,
one a line, from standard input."""

"""Command line arguments of the inferencer's scripts."""

import argparse
import ast

from ..engine.compute_in import PRECISIONS
from ..quiet import quiet_console
from ..text.tasks import TASKS
from .defaults import SCORE
from .inferencer import GLIPv2Inferencer

CALL_ARGUMENTS = (
    'texts',
    'task',
    'custom_entities',
    'tokens_positive',
    'chunked_size',
    'nms_thr',
    'max_per_img',
    'num_answers',
    'batch_size',
    'one_name_per_place',
    'calibrated',
    'precision',
)


def spans(text: str) -> list | int:
    """Read ``--tokens-positive``.

    Args:
        text: A Python list, or -1.

    Raises:
        ValueError: If it is neither.
    """
    try:
        value = ast.literal_eval(text.strip())
    except SyntaxError as error:
        raise ValueError(text) from error
    if value != -1 and not isinstance(value, list):
        raise ValueError(text)
    return value


def add_model_arguments(
    parser: argparse.ArgumentParser, default: str | None = None
) -> None:
    """Add the model's files and its device.

    Args:
        parser: Gets them.
        default: The model that need not be named; None: one has to be.
    """
    parser.add_argument(
        'model',
        nargs=None if default is None else '?',
        default=default,
        help='config, name of the model index, or weights that hold their config'
        + ('' if default is None else ' (default: %(default)s)'),
    )
    parser.add_argument('checkpoint', nargs='?', help='.pth, unless given before')
    parser.add_argument(
        '--weights',
        help='.pth, as in mmdet (default: the second argument, or those of the model)',
    )
    parser.add_argument(
        '--device', help='such as cpu or cuda:0; default: a GPU if there is one'
    )
    parser.add_argument(
        '--dtype',
        choices=PRECISIONS,
        default='fp32',
        help='bf16: weights in bfloat16; auto: where it is fast (default: %(default)s)',
    )
    parser.add_argument(
        '--random', action='store_true', help='a model without weights, for trials'
    )
    parser.add_argument('--palette', default='none', help='colours, by mmdet name')
    parser.add_argument(
        '-v', '--verbose', action='store_true', help='show what libraries log, too'
    )


def add_call_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the text, the task and the thresholds."""
    parser.add_argument(
        '--texts', help='names ("a . b ." or "$: coco"), a sentence, or a question'
    )
    parser.add_argument('--task', choices=TASKS, help='default: by the text')
    parser.add_argument(
        '--pred-score-thr',
        type=float,
        default=SCORE,
        help='least score of a box (default: %(default)s)',
    )
    parser.add_argument(
        '--nms-thr',
        type=float,
        help="IoU above which the worse of two boxes goes (default: the model's)",
    )
    parser.add_argument(
        '--max-per-img', type=int, help="most boxes of an image (default: the model's)"
    )
    parser.add_argument(
        '--one-name-per-place',
        action='store_true',
        help='of boxes that overlap, whatever their names, only the best stays',
    )
    parser.add_argument(
        '--calibrated',
        action='store_true',
        help='scores of the calibration that comes with the weights',
    )
    parser.add_argument(
        '--precision',
        type=float,
        help='share of boxes that should be right, in place of a score',
    )
    parser.add_argument(
        '--num-answers', type=int, help="answers to a question (default: the model's)"
    )
    parser.add_argument(
        '--batch-size', type=int, default=1, help='images computed at once'
    )
    parser.add_argument(
        '-c',
        '--custom-entities',
        action='store_true',
        help='the text holds names, each ended by a full stop',
    )
    parser.add_argument(
        '-s',
        '--chunked-size',
        type=int,
        help="most names of a prompt; -1: no limit (default: the model's)",
    )
    parser.add_argument(
        '-p',
        '--tokens-positive',
        type=spans,
        help='spans of a sentence\'s phrases, "[[[21,30]],[[45,59]]]", or -1',
    )


def build_inferencer(
    args: argparse.Namespace, show_progress: bool = True
) -> GLIPv2Inferencer:
    """Set up the console and build the inferencer of :func:`add_model_arguments`.

    Args:
        args: What was parsed.
        show_progress: Whether its calls show a progress bar.
    """
    quiet_console(args.verbose)
    return GLIPv2Inferencer(
        args.model,
        args.weights or args.checkpoint,
        args.device,
        palette=args.palette,
        show_progress=show_progress,
        random_weights=args.random,
        precision=args.dtype,
    )


def call_arguments(args: argparse.Namespace) -> dict:
    """Choose the inferencer's call arguments of :func:`add_call_arguments`.

    Returns:
        The arguments; scores below ``--pred-score-thr`` are left out everywhere.
    """
    chosen = {name: getattr(args, name) for name in CALL_ARGUMENTS}
    threshold = args.pred_score_thr
    return dict(chosen, score_thr=threshold, pred_score_thr=threshold)

"""Let a trained model find the noun phrases of captions: boxes for self-training.

    python tools/pseudo_label.py CONFIG CHECKPOINT captions.jsonl IMAGES out.jsonl
    torchrun --nproc_per_node 8 tools/pseudo_label.py CONFIG ... --device cuda

(GLIP section 3.3, GLIPv2 section 4: the teacher's part of self-training.) A line of the
captions is ``{"filename": "a.jpg", "caption": "a dog on a sofa"}``. OUT gets ODVG lines
with scores, for StreamingODVGDataset; OUT.skipped what could not be used, and why. A
killed run goes on where it was when it is started again.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.apis.pseudo_labels import LabelJob, write_pseudo_labels
from glipv2.engine.command_line import user_errors_in_one_line


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', type=Path, help='of the teacher')
    parser.add_argument('checkpoint', type=Path, help='of the teacher')
    parser.add_argument('captions', type=Path, help='JSON lines: filename, caption')
    parser.add_argument('images', type=Path, help='folder of the images')
    parser.add_argument('out', type=Path, help='ODVG file to write')
    parser.add_argument(
        '--batch-size', type=int, default=1, help='images computed at once'
    )
    parser.add_argument('--device', default='cpu', help='cuda: one GPU per process')
    parser.add_argument(
        '--score-thr',
        type=float,
        default=0.3,
        help='least score of a box that is written (training takes those above 0.5)',
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    if args.out.is_file():
        raise SystemExit(f'{args.out} is there already; remove it to start over')
    with user_errors_in_one_line():
        write_pseudo_labels(LabelJob(**vars(args)))


if __name__ == '__main__':
    main()

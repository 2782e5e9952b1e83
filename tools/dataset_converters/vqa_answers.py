"""Make the answer list of a VQA head from annotation files.

    python tools/dataset_converters/vqa_answers.py data/vqav2/vqav2_answers.json \
        data/vqav2/v2_mscoco_train2014_annotations.json \
        data/vqav2/v2_mscoco_val2014_annotations.json

writes a JSON list of the answers, the commonest first.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import json
import sys
from itertools import chain
from pathlib import Path

from glipv2.datasets.answer_counts import count_questions, read_annotations
from glipv2.progress import progress
from glipv2.whole_file import write_whole


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('out', type=Path, help='JSON file to write')
    parser.add_argument('annotations', nargs='+', help='annotation files of VQAv2')
    parser.add_argument(
        '--least',
        type=int,
        default=9,
        help='how many questions an answer needs (9 leaves 3129 of VQAv2)',
    )
    args = parser.parse_args()
    if args.least < 1:
        parser.error(f'--least must be at least 1, but is {args.least}')
    return args


def main() -> None:
    args = parse_args()
    try:
        answers = chain.from_iterable(map(read_annotations, args.annotations))
        counts = count_questions(progress(answers, 'Questions'))
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    # Equally common answers come in alphabetical order.
    ordered = sorted(counts, key=lambda answer: (-counts[answer], answer))
    kept = [answer for answer in ordered if counts[answer] >= args.least]
    if not kept:
        sys.exit(
            f'no answer has {args.least} questions; lower --least '
            f'({len(counts)} answers in all)'
        )
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(args.out, json.dumps(kept).encode())
    covered = sum(counts[answer] for answer in kept) / counts.total()
    print(
        f'{args.out}: {len(kept)} of {len(counts)} answers, of {covered:.1%} of '
        f'{counts.total()} questions'
    )


if __name__ == '__main__':
    main()

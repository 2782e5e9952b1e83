"""Make the answer list of a VQA head from annotation files.

    python tools/dataset_converters/vqa_answers.py data/vqav2/vqav2_answers.json \
        data/vqav2/v2_mscoco_train2014_annotations.json \
        data/vqav2/v2_mscoco_val2014_annotations.json

writes a JSON list of the answers, the commonest first.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from glipv2.text.answers import normalise_answer


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('out', type=Path, help='JSON file to write')
    parser.add_argument(
        'annotations', type=Path, nargs='+', help='annotation files of VQAv2'
    )
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


def read_annotations(path: Path) -> list[dict]:
    """Read the annotations of a VQA file.

    Args:
        path: Of the file.

    Returns:
        Its annotations.

    Raises:
        ValueError: If it is no annotation file.
    """
    content = json.loads(path.read_text(encoding='utf-8'))
    if not isinstance(content, dict) or 'annotations' not in content:
        raise ValueError(f"{path} is no VQA annotation file: it has no 'annotations'")
    return content['annotations']


def count_questions(annotations: Iterable[dict]) -> Counter[str]:
    """Count the questions of each answer.

    A question counts for the answer that most people gave
    (``multiple_choice_answer``).

    Args:
        annotations: Of all files.

    Returns:
        Number of questions by normalised answer.

    Raises:
        ValueError: If an annotation has no such answer (names its question).
    """
    counts: Counter[str] = Counter()
    for annotation in annotations:
        answer = annotation.get('multiple_choice_answer')
        if answer is None:
            raise ValueError(
                f'the annotation of question {annotation.get("question_id")} has no '
                "'multiple_choice_answer'"
            )
        counts[normalise_answer(answer)] += 1
    del counts['']
    return counts


def main() -> None:
    args = parse_args()
    try:
        files = [read_annotations(path) for path in args.annotations]
        counts = count_questions(chain.from_iterable(files))
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    # Answers that are equally common stand in the order of the alphabet.
    ordered = sorted(counts, key=lambda answer: (-counts[answer], answer))
    kept = [answer for answer in ordered if counts[answer] >= args.least]
    if not kept:
        sys.exit(
            f'no answer has {args.least} questions; lower --least '
            f'({len(counts)} answers in all)'
        )
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(kept))
    covered = sum(counts[answer] for answer in kept) / counts.total()
    print(
        f'{args.out}: {len(kept)} of {len(counts)} answers, of {covered:.1%} of '
        f'{counts.total()} questions'
    )


if __name__ == '__main__':
    main()

"""Answer questions without the image: how far do their words alone lead?

    python tools/analysis_tools/vqa_blind_baseline.py data/emoji_scenes

learns the commonest answer to each question text (for new texts: to each question
type) from one split and prints VQAMetric's figures on another.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.blind_baseline import FILES, PARTS, evaluate, read_questions
from glipv2.benchmarks.gpu.report import write_json


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('data_root', help='folder that the file names count from')
    for split in ('train', 'val'):
        for part in PARTS:
            parser.add_argument(
                f'--{split}-{part}',
                default=FILES.format(split=split, part=part),
                help='file of this part',
            )
    parser.add_argument('--out', type=Path, help='JSON file for the figures')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    figures = evaluate(
        *(
            read_questions(
                args.data_root,
                getattr(args, f'{split}_questions'),
                getattr(args, f'{split}_annotations'),
            )
            for split in ('train', 'val')
        )
    )
    for name, value in figures.items():
        print(f'{name:40} {value:8.2f}')
    if args.out is not None:
        write_json(args.out, figures)


if __name__ == '__main__':
    main()

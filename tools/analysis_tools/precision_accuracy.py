"""Measure what a model reaches in other precisions, and write it to a file.

Tests a checkpoint in float32, under bfloat16 autocast, and converted to bfloat16 and
float16, all on the same images. Prints a table and writes JSON.
"""

import argparse
from pathlib import Path

import torch

from glipv2.benchmarks.gpu.report import describe_software, table, write_json
from glipv2.benchmarks.precision import PRECISIONS, measure
from glipv2.benchmarks.processor import processor
from glipv2.engine.command_line import (
    add_run_arguments,
    read_run_config,
    user_errors_in_one_line,
)

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_run_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument(
        '--out', type=Path, default=ROOT / 'docs' / 'results' / 'precision.json'
    )
    args = parser.parse_args()
    cfg = read_run_config(parser, args)
    cfg.load_from = args.checkpoint
    rows = []
    with user_errors_in_one_line():
        for name in PRECISIONS:
            rows.append(dict(precision=name, **measure(cfg.copy(), name)))
    report = dict(
        command='tools/analysis_tools/precision_accuracy.py',
        config=args.config.as_posix(),
        processor=processor(),
        threads=torch.get_num_threads(),
        **describe_software(),
        rows=rows,
    )
    write_json(args.out, report)
    print('\n'.join(table(rows)))


if __name__ == '__main__':
    main()

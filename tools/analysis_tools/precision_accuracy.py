"""Measure what a model reaches in other precisions, and write it to a file.

Tests a checkpoint in float32, under bfloat16 autocast, and converted to bfloat16 and
float16, all on the same images. Prints a table and writes JSON.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse

from glipv2.benchmarks.gpu.report import table
from glipv2.benchmarks.precision import PRECISIONS, measure
from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.engine.command_line import (
    add_run_arguments,
    read_run_config,
    user_errors_in_one_line,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_run_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    add_results_option(parser, 'precision')
    args = parser.parse_args()
    cfg = read_run_config(parser, args)
    cfg.load_from = args.checkpoint
    rows = []
    with user_errors_in_one_line():
        for name in PRECISIONS:
            found = measure(cfg.copy(), name)
            rows.append(
                dict(
                    precision=name,
                    AP=found['coco/bbox_mAP'],
                    AP50=found['coco/bbox_mAP_50'],
                )
            )
    settings = dict(config=args.config.as_posix(), checkpoint=args.checkpoint)
    command = f'tools/analysis_tools/precision_accuracy.py {args.config} CHECKPOINT'
    write_results(args.out, command, rows, settings)
    print('\n'.join(table(rows)))


if __name__ == '__main__':
    main()

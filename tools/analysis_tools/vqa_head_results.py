"""Compare the paper's VQA head with the reader, at one budget.

    python tools/analysis_tools/vqa_head_results.py work_dirs/vqa_heads --jobs 2

Each head starts from a detector with as many fusion blocks (the quickstart's config),
and learns all tasks by configs/quickstart/multitask_emoji.py: the same steps and
samples. Questions of kinds that training never asks have a file of their own
(..._new.json), and so have the other tasks (..._tasks.json). What is finished is not
repeated, a killed training is resumed.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.blind_baseline import (
    FILES,
    PARTS,
    evaluate,
    read_questions,
)
from glipv2.benchmarks.jobs import add_jobs_option, count_cores
from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.benchmarks.vqa_heads import (
    HEADS,
    NEW_KINDS,
    run_heads,
    table_rows,
    task_rows,
)
from glipv2.demo_data.emoji_scenes import NEW_KINDS as NEW_SPLIT
from glipv2.quickstart.multitask import ANNOTATIONS


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('folder', type=Path, help='of all runs')
    parser.add_argument(
        '--heads', nargs='+', choices=HEADS, default=list(HEADS),
        help='what is compared (default: all)',
    )  # fmt: skip
    add_jobs_option(parser)
    parser.add_argument('--cfg-options', nargs='+', default=[], help='of all runs')
    add_results_option(parser, 'vqa_heads')
    args = parser.parse_args()
    cores = count_cores(parser, args.jobs)
    found = run_heads(args.folder, args.heads, args.jobs, cores, args.cfg_options)
    root = str(ANNOTATIONS.parent)
    train, val, new = (
        read_questions(root, *(FILES.format(split=split, part=part) for part in PARTS))
        for split in ('train', 'val', NEW_SPLIT)
    )
    command = (
        f'tools/analysis_tools/vqa_head_results.py {args.folder.name} '
        f'--heads {" ".join(args.heads)} --jobs {args.jobs}'
    )
    steps = {figures['steps'] for figures in found.values()}
    settings = dict(config='configs/quickstart/multitask_emoji.py', steps=max(steps))
    for suffix, rows in (
        ('', table_rows(found, evaluate(train, val))),
        ('_new', table_rows(found, evaluate(train, new), NEW_KINDS, 'new_questions')),
        ('_tasks', task_rows(found)),
    ):
        out = args.out.with_stem(args.out.stem + suffix)
        write_results(out, command, rows, settings)


if __name__ == '__main__':
    main()

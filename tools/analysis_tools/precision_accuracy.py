"""Measure what a model reaches in other precisions, and write it to a file.

Tests a checkpoint in float32, under bfloat16 autocast, and converted to bfloat16 and
float16, all on the same images. Prints a table and writes JSON.
"""

import argparse
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import torch
from mmengine.config import Config

from glipv2.benchmarks.gpu.report import table
from glipv2.benchmarks.results import write_results
from glipv2.engine.command_line import (
    add_run_arguments,
    build_runner,
    read_run_config,
    user_errors_in_one_line,
)

ROOT = Path(__file__).resolve().parents[2]
# How the model is converted, and the type of autocast.
PRECISIONS: dict[str, tuple[Callable | None, torch.dtype | None]] = {
    'float32': (None, None),
    'bfloat16 autocast': (None, torch.bfloat16),
    'bfloat16 model': (lambda model: model.bfloat16(), None),
    'float16 model': (lambda model: model.half(), None),
}


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


def measure(cfg: Config, name: str) -> dict[str, float]:
    """Test a model in one precision.

    Args:
        cfg: With ``load_from``.
        name: Of ``PRECISIONS``.

    Returns:
        Its metrics.
    """
    convert, autocast = PRECISIONS[name]
    runner = build_runner(cfg)
    runner.load_checkpoint(cfg.load_from)
    runner._has_loaded = True
    if convert is not None:
        convert(runner.model)
    device = next(runner.model.parameters()).device.type
    context = torch.autocast(device, autocast) if autocast else nullcontext()
    with context:
        return runner.test()


if __name__ == '__main__':
    main()

"""Test a model; the command line of mmdet's tools/test.py."""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.engine.command_line import (
    add_run_arguments,
    build_runner,
    read_run_config,
    user_errors_in_one_line,
)
from glipv2.engine.compute_in import PRECISIONS
from glipv2.engine.flip_augmentation import add_flip_augmentation
from glipv2.evaluation.result_file import DumpDetResults

# After glipv2, which imports them without their remarks.
# isort: split
from mmdet.engine.hooks.utils import trigger_visualization_hook
from mmdet.utils import setup_cache_size_limit_of_dynamo
from mmengine.config import Config


def read_config() -> tuple[Config, Path | None]:
    """Read the command line.

    Returns:
        The config to test by, and the file for the predictions.
    """
    parser = argparse.ArgumentParser(description='Test (and evaluate) a model')
    add_run_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--out', type=Path, help='pickle file for the predictions')
    parser.add_argument('--show', action='store_true', help='show predictions')
    parser.add_argument(
        '--show-dir', help='folder in work_dir/timestamp for drawn predictions'
    )
    parser.add_argument('--wait-time', type=float, default=2, help='of --show, s')
    parser.add_argument(
        '--precision',
        choices=PRECISIONS,
        default='fp32',
        help='bf16: weights in bfloat16; auto: where it is fast (default: %(default)s)',
    )
    parser.add_argument('--tta', action='store_true', help='each image also mirrored')
    args = parser.parse_args()
    if args.out is not None and args.out.suffix not in ('.pkl', '.pickle'):
        parser.error(f'--out needs a .pkl or .pickle file, not {args.out}')
    cfg = read_run_config(parser, args)
    cfg.load_from = args.checkpoint
    if args.show or args.show_dir:
        cfg = trigger_visualization_hook(cfg, args)
    if args.precision != 'fp32':
        hook = dict(type='ComputePrecision', precision=args.precision)
        cfg.custom_hooks = [*cfg.get('custom_hooks', ()), hook]
    if args.tta:
        try:
            add_flip_augmentation(cfg)
        except ValueError as error:
            parser.error(f'argument --tta: {error}')
    return cfg, args.out


def main() -> None:
    with user_errors_in_one_line():
        cfg, out = read_config()
        setup_cache_size_limit_of_dynamo()
        runner = build_runner(cfg, ('test',))
        if out is not None:
            runner.test_evaluator.metrics.append(DumpDetResults(out_file_path=str(out)))
        runner.test()


if __name__ == '__main__':
    main()

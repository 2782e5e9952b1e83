"""Train a model; the command line of mmdet's tools/train.py."""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse

from mmdet.utils import setup_cache_size_limit_of_dynamo
from mmengine.config import Config

from glipv2.engine.bfloat16_optim_wrapper import use_mixed_precision
from glipv2.engine.command_line import (
    add_run_arguments,
    build_runner,
    read_run_config,
    user_errors_in_one_line,
)
from glipv2.engine.hooks.stop_on_signal import stop_requests_of


def read_config() -> Config:
    """Read the command line.

    Returns:
        The config to train by.
    """
    parser = argparse.ArgumentParser(description='Train a model')
    add_run_arguments(parser)
    parser.add_argument(
        '--amp',
        action='store_true',
        help='mixed precision: float16 on a GPU, bfloat16 on a CPU',
    )
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale the learning rate with the batch size',
    )
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        help='a checkpoint, or nothing for the latest of the work dir '
        '(default: start anew)',
    )
    args = parser.parse_args()
    cfg = read_run_config(parser, args)
    if args.amp:
        use_mixed_precision(cfg)
    if args.auto_scale_lr:
        if not cfg.get('auto_scale_lr', {}).get('base_batch_size'):
            parser.error(
                '--auto-scale-lr needs auto_scale_lr.base_batch_size, which '
                f'{args.config} lacks'
            )
        cfg.auto_scale_lr.enable = True
    if args.resume is not None:
        cfg.resume = True
        cfg.load_from = None if args.resume == 'auto' else args.resume
    return cfg


def main() -> None:
    with user_errors_in_one_line():
        cfg = read_config()
        setup_cache_size_limit_of_dynamo()
        runner = build_runner(cfg, ('train', 'val'))
        with stop_requests_of(runner):
            runner.train()


if __name__ == '__main__':
    main()

"""Check a config's data before training: files, boxes, masks, classes, words.

    python tools/analysis_tools/check_dataset.py CONFIG --out work_dirs/check --show 4

Reports every problem with what to do about it; ends with 1 if one is an error.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import os
import sys
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.utils import import_modules_from_strings

from glipv2.datasets.report.inspect_dataset import TextSettings, inspect_dataset
from glipv2.datasets.report.leaves import leaf_configs
from glipv2.datasets.report.report import write_report
from glipv2.engine.config_options import ConfigOptions, read_config_with
from glipv2.text.sources import load_tokenizer

SPLITS = ('train', 'val', 'test')


def parse_args() -> tuple[argparse.Namespace, Config]:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', type=Path, help='config whose data is checked')
    parser.add_argument(
        '--split',
        nargs='+',
        choices=SPLITS,
        default=['train', 'val'],
        help='data sets of the config',
    )
    parser.add_argument('--out', type=Path, help='folder for report.md and images')
    parser.add_argument(
        '--show', type=int, default=0, help='samples of each data set to draw into OUT'
    )
    parser.add_argument(
        '--samples', type=int, default=20, help='samples to run through the pipeline'
    )
    parser.add_argument('--examples', type=int, default=5, help='of each problem')
    parser.add_argument(
        '--jobs',
        type=int,
        default=os.cpu_count(),
        help='images read at once (default: one for each core)',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        default={},
        help='override settings of the config, as key=value',
    )
    args = parser.parse_args()
    if min(args.show, args.samples, args.examples) < 0 or args.jobs < 1:
        parser.error('--show, --samples and --examples must not be negative')
    if args.show and args.out is None:
        parser.error('--show needs --out, the folder for the images')
    if not args.config.is_file():
        parser.error(f'there is no config {args.config}')
    try:
        config = read_config_with(args.config, args.cfg_options)
    except (KeyError, TypeError) as error:
        parser.error(f'--cfg-options do not fit the config: {error}')
    except ValueError as error:
        parser.error(str(error))
    for split in args.split:
        if config.get(f'{split}_dataloader') is None:
            parser.error(f'{args.config} has no {split}_dataloader')
    if config.get('model', {}).get('text_encoder') is None:
        parser.error(f'{args.config} has no model.text_encoder, so words have no limit')
    return args, config


def main() -> None:
    args, config = parse_args()
    import_modules_from_strings(**config.custom_imports)
    init_default_scope('mmdet')
    encoder = config.model.text_encoder
    settings = TextSettings(
        load_tokenizer(encoder.source),
        encoder.get('max_tokens', 256),
        (config.model.get('test_cfg') or {}).get('chunked_size', -1),
    )
    found = [
        inspect_dataset(
            name,
            leaf,
            settings,
            max(args.samples, args.show),
            args.examples,
            args.jobs,
        )
        for split in args.split
        for name, leaf in leaf_configs(config[f'{split}_dataloader'].dataset, split)
    ]
    print(write_report(found, settings.max_tokens, args.out, args.show))
    if args.out is not None:
        print(f'report and images are in {args.out}')
    sys.exit(any(one.problems.num_errors for one in found))


if __name__ == '__main__':
    main()

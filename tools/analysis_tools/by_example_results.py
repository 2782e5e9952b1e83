"""Measure what examples bring, and write docs/results/by_example.json.

    python tools/dataset_converters/make_emoji_scenes.py data/emoji_scenes_examples \
        --categories all --size 160 --train 3000 --objects 4 9 --object-size 24 72 \
        --seed 1 --formats coco
    python tools/analysis_tools/by_example_results.py \
        work_dirs/by_example_emoji/iter_500.pth

After the training of configs/quickstart/by_example_emoji.py. Tested are the names that
were never trained; their examples come from other images.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.by_example import measure_by_example
from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.engine.command_line import user_errors_in_one_line
from glipv2.engine.config_options import ConfigOptions, read_config_with

ROOT = Path(__file__).resolve().parents[2]
CONFIG = 'configs/quickstart/by_example_emoji.py'


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        'weights', type=Path, help='of configs/quickstart/by_example_emoji.py'
    )
    parser.add_argument(
        '--examples', type=Path, default=Path('data/emoji_scenes_examples'),
        help='the EmojiScenes that examples are of (default: %(default)s)',
    )  # fmt: skip
    parser.add_argument('--split', default='val_unseen', help='that is tested')
    parser.add_argument(
        '--counts', type=int, nargs='+', default=[1, 5], help='examples of a name'
    )
    parser.add_argument(
        '--seeds',
        type=int,
        nargs='+',
        default=[3, 30, 300],
        help='of the choice of examples',
    )
    parser.add_argument('--config', default=str(ROOT / CONFIG), help='of the test')
    parser.add_argument(
        '--work-dir',
        type=Path,
        default=Path('work_dirs/by_example'),
        help='for banks and logs',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        default={},
        help='override settings, as key=value; the results file keeps them',
    )
    add_results_option(parser, 'by_example')
    args = parser.parse_args()
    with user_errors_in_one_line():
        config = read_config_with(args.config, dict(args.cfg_options))
        config.load_from = str(args.weights)
        config.work_dir = str(args.work_dir)
        rows = measure_by_example(
            config, args.split, args.examples, args.counts, args.seeds
        )
    settings = dict(
        config=CONFIG, weights=args.weights.name, split=args.split, seeds=args.seeds
    )
    if args.cfg_options:
        settings['options'] = dict(args.cfg_options)
    write_results(
        args.out,
        f'tools/analysis_tools/by_example_results.py {args.weights.name}',
        rows,
        settings,
    )


if __name__ == '__main__':
    main()

"""What each pre-training loss brings, on EmojiScenes: the table of docs/ablation.md.

    python tools/dataset_converters/make_emoji_scenes.py data/emoji_scenes
    python tools/analysis_tools/ablate_losses.py work_dirs/ablation --jobs 2

Trains configs/quickstart/pretrain_emoji.py with every set of losses and seed, the same
steps and data each. Finished runs are not repeated, a killed one is resumed.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.jobs import add_jobs_option, count_cores
from glipv2.benchmarks.loss_ablation import run_all, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('out', type=Path, help='folder of all runs')
    parser.add_argument(
        '--seeds', type=int, nargs='+', default=[0, 1, 2], help='one run for each'
    )
    add_jobs_option(parser)
    parser.add_argument('--cfg-options', nargs='+', default=[], help='of all runs')
    args = parser.parse_args()
    cores = count_cores(parser, args.jobs)
    results = run_all(args.out, args.seeds, args.jobs, cores, args.cfg_options)
    print(table(results, args.seeds))


if __name__ == '__main__':
    main()

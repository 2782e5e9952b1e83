"""Train all tasks on EmojiScenes with one set of weights, and measure them.

    make quickstart
    python tools/demo/quickstart_multitask.py

Starts from the quickstart's detector; a killed training is resumed. Makes the questions
and captions first, where the data lacks them.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.quickstart.multitask import train_tasks
from glipv2.quickstart.scripts import ROOT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--work-dir',
        type=Path,
        default=ROOT / 'work_dirs' / 'multitask_emoji',
        help='folder for checkpoints and logs',
    )
    parser.add_argument(
        '--detector',
        type=Path,
        default=ROOT / 'work_dirs' / 'quickstart',
        help="the quickstart's folder",
    )
    parser.add_argument('--cfg-options', nargs='+', default=[], help='of the training')
    args = parser.parse_args()
    train_tasks(args.work_dir.resolve(), args.detector.resolve(), args.cfg_options)


if __name__ == '__main__':
    main()

"""Train the mask head on the quickstart's detector and measure it.

    make quickstart
    python tools/demo/quickstart_masks.py

A finished stage is not repeated.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.quickstart.masks import train_masks
from glipv2.quickstart.scripts import ROOT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--work-dir',
        type=Path,
        default=ROOT / 'work_dirs' / 'masks_emoji',
        help='folder for checkpoints and logs',
    )
    parser.add_argument('--cfg-options', nargs='+', default=[], help='of the training')
    args = parser.parse_args()
    train_masks(args.work_dir.resolve(), args.cfg_options)


if __name__ == '__main__':
    main()

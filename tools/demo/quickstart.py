"""Make data, train, evaluate and detect: what `make quickstart` runs.

A finished stage is not repeated; --fresh starts over.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import shutil
from pathlib import Path

from glipv2.quickstart.detection import DetectionQuickstart
from glipv2.quickstart.scripts import ROOT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--data',
        type=Path,
        default=ROOT / 'data' / 'emoji_scenes',
        help='folder of EmojiScenes, made if it is missing',
    )
    parser.add_argument(
        '--work-dir',
        type=Path,
        default=ROOT / 'work_dirs' / 'quickstart',
        help='folder for checkpoints and logs',
    )
    parser.add_argument('--fresh', action='store_true', help='start over')
    parser.add_argument('--cfg-options', nargs='+', default=[], help='of the training')
    args = parser.parse_args()
    # The scripts that this one runs have another working directory.
    data, work_dir = args.data.resolve(), args.work_dir.resolve()
    if args.fresh:
        shutil.rmtree(work_dir, ignore_errors=True)
    DetectionQuickstart(data, work_dir, args.cfg_options).run()


if __name__ == '__main__':
    main()

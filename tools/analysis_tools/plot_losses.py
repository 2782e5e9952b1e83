"""Draw the losses of a training from mmengine's scalars.json.

python tools/analysis_tools/plot_losses.py work_dirs/RUN loss.png
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.engine.loss_plot import plot_losses


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('run', type=Path, help='work dir, or a scalars.json')
    parser.add_argument('out', type=Path, help='image to write')
    args = parser.parse_args()
    plot_losses(args.run, args.out)
    print(f'losses are drawn in {args.out}')


if __name__ == '__main__':
    main()

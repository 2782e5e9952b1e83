"""What masks cost: time added to GLIP-T's forward, and memory of pasting.

    python tools/analysis_tools/benchmark_masks.py

Random weights, 80 names, a 480x640 image, 100 boxes, with and without the mask head
in turns; and the peak memory of 300 masks at 800x1333 in a process of its own.
"""

import argparse

from glipv2.benchmarks.mask_cost import (
    BOXES,
    LARGE,
    MANY_BOXES,
    SIZE,
    build,
    paste,
    time_with_masks,
)
from glipv2.benchmarks.measure import own_peak, peak_of_child


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--repeats', type=int, default=7)
    parser.add_argument('--child', choices=('paste', 'nothing'), help=argparse.SUPPRESS)
    args = parser.parse_args()
    model = build()
    if args.child:
        if args.child == 'paste':
            paste(model)
        print(own_peak())
        return
    plain, masked = time_with_masks(model, args.repeats)
    print(
        f'{BOXES} boxes at {SIZE[0]}x{SIZE[1]}: {plain:.2f} s, with masks '
        f'{masked:.2f} s, {(masked / plain - 1) * 100:.0f} % more'
    )
    peaks = [peak_of_child(['--child', what]) for what in ('paste', 'nothing')]
    print(
        f'{MANY_BOXES} masks at {LARGE[0]}x{LARGE[1]}: {peaks[0] - peaks[1]:.0f} MB '
        f'above {peaks[1]:.0f} MB'
    )


if __name__ == '__main__':
    main()

"""What masks cost: time added to GLIP-T's forward, memory of pasting, reading them.

    python tools/analysis_tools/benchmark_masks.py
    python tools/analysis_tools/benchmark_masks.py --reading docs/results/masks.json

Random weights, 80 names, a 480x640 image, 100 boxes, with and without the mask head
in turns; and the peak memory of 300 masks at 800x1333 in a process of its own. With
`--reading`: images a second of training pipelines, which are written to that file.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import tempfile
from pathlib import Path

from mmdet.utils import register_all_modules

from glipv2.benchmarks.mask_cost import (
    BOXES,
    LARGE,
    MANY_BOXES,
    SIZE,
    build,
    paste,
    time_with_masks,
)
from glipv2.benchmarks.mask_loading import compare_targets, time_loading
from glipv2.benchmarks.measure import own_peak, peak_of_child
from glipv2.benchmarks.results import write_results

COUNTS = (7, 50, 200)  # masks of an image: COCO's mean, and two crowded ones


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--repeats', type=int, default=7, help='runs; the median counts'
    )
    parser.add_argument('--child', choices=('paste', 'nothing'), help=argparse.SUPPRESS)
    parser.add_argument('--reading', type=Path, help='measure only this, into a file')
    args = parser.parse_args()
    if args.reading:
        measure_reading(args.reading, args.repeats)
        return
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


def measure_reading(file: Path, repeats: int) -> None:
    """Measure reading, and print how far targets differ."""
    register_all_modules()
    with tempfile.TemporaryDirectory() as folder:
        rows = time_loading(Path(folder), COUNTS, repeats)
    ious = {name: round(x, 3) for name, x in compare_targets(COUNTS[-1]).items()}
    for row in rows:
        print(row)
    print(f'IoU of targets with those of masks that are drawn whole: {ious}')
    command = f'tools/analysis_tools/benchmark_masks.py --reading {file}'
    settings = dict(image='640x480 to 800', repeats=repeats, target_iou=ious)
    write_results(file, command, rows, settings)


if __name__ == '__main__':
    main()

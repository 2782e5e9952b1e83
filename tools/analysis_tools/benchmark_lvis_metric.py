"""LVIS fixed AP: time and memory of StreamingLVISMetric and mmdet's metric.

    python tools/analysis_tools/benchmark_lvis_metric.py --images 1000

Made-up truth and predictions: 1,203 categories of falling frequency, 12 objects and 300
boxes an image. Both metrics run in turns, from the first batch to the figures, which
have to agree; then each streams images in a process of its own, without evaluation,
for its memory (mmdet's not for more images than were timed).
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import logging
import tempfile
from pathlib import Path

from mmengine.logging import MMLogger

from glipv2.benchmarks.lvis_metric import (
    CATEGORIES,
    build,
    compare_time,
    predictions,
    write_truth,
)
from glipv2.benchmarks.measure import own_peak, peak_of_child
from glipv2.benchmarks.results import add_results_option, write_results

METRICS = ('nothing', 'ours', 'mmdet')
TITLES = ('`StreamingLVISMetric`', "mmdet's `LVISFixedAPMetric`")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--images', type=int, default=1000, help='of the time measurement'
    )
    parser.add_argument('--boxes', type=int, default=300, help='of an image')
    parser.add_argument(
        '--repeats', type=int, default=3, help='runs; the median counts'
    )
    parser.add_argument(
        '--memory-images',
        type=int,
        nargs='+',
        default=[1000, 4000],
        help='of the memory measurements',
    )
    add_results_option(parser, 'lvis_metric')
    parser.add_argument('--child', choices=METRICS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    MMLogger.get_instance('mmengine', log_level='ERROR')
    logging.getLogger('lvis').setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        ann_file = Path(folder) / 'lvis.json'
        boxes, labels = write_truth(ann_file, args.images)
        if args.child:
            metric = build(args.child, ann_file) if args.child != 'nothing' else None
            for sample in predictions(boxes, labels, args.boxes):
                if metric is not None:
                    metric.process({}, [sample])
            print(own_peak())
            return
        samples = list(predictions(boxes, labels, args.boxes))
        seconds = compare_time(ann_file, samples, args.repeats)
    rows = []
    for count in args.memory_images:
        # mmdet merges lists in Python, which becomes slow with many images.
        names = METRICS if count <= args.images else METRICS[:-1]
        options = ['--images', str(count), '--boxes', str(args.boxes), '--child']
        base, *peaks = (peak_of_child([*options, name]) for name in names)
        rows += [
            {
                'images': count,
                'metric': title,
                'seconds': round(taken, 2) if count == args.images else '',
                'memory, MB': round(peak - base),
            }
            for title, taken, peak in zip(TITLES, seconds, peaks)
        ]
    for row in rows:
        print(row)
    settings = dict(boxes=args.boxes, categories=CATEGORIES, repeats=args.repeats)
    command = f'tools/analysis_tools/benchmark_lvis_metric.py --images {args.images}'
    write_results(args.out, command, rows, settings)


if __name__ == '__main__':
    main()

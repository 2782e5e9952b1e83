"""Time and memory of GLIP-T here, in mmdet, and of transformers' Grounding DINO.

    python tools/analysis_tools/benchmark_vs_peers.py

Same images, same machine, runs in turns, medians; peak memory of each in a process
of its own. Weights are random, the same in mmdet's model and ours. A class list is
encoded once here and kept; the time of a first image, with the text, is measured too.
Writes docs/results/peers.json, and peers_split.json: time and operations by part. Takes
about half an hour on two cores; --cases and --repeats shorten it.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse

from glipv2.benchmarks.gpu.report import table
from glipv2.benchmarks.measure import own_peak
from glipv2.benchmarks.peers.cases import DINO, MMDET, SIZES, TRAIN_SIZE
from glipv2.benchmarks.peers.compare import compare, run_once, split
from glipv2.benchmarks.results import add_results_option, write_results

COMMAND = 'tools/analysis_tools/benchmark_vs_peers.py'


def main() -> None:
    args = read_arguments()
    if args.child:
        case, height, width, who = args.child
        run_once(case, (int(height), int(width)), who, args.classes)
        print(own_peak())
        return
    settings = dict(classes=args.classes, repeats=args.repeats, weights='random')
    rows = []
    for case, size in wanted_cases(args):
        for peer in (MMDET, DINO):
            if peer in args.peers and not (peer == DINO and case != 'names80'):
                rows.append(compare(case, peer, size, args.classes, args.repeats))
                print(rows[-1], flush=True)
                write_results(args.out, COMMAND, rows, settings)
    print('\n'.join(table(rows)))
    if args.split:
        rows = split(args.classes)
        file = args.out.with_stem(f'{args.out.stem}_split')
        write_results(file, f'{COMMAND} --split', rows, settings)
        print('\n'.join(table(rows)))


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cases = ('names80', 'lvis_chunks', 'train_step')
    parser.add_argument(
        '--cases', nargs='+', choices=cases, default=cases, help='what is measured'
    )
    parser.add_argument(
        '--peers',
        nargs='+',
        choices=(MMDET, DINO),
        default=(MMDET, DINO),
        help='models to compare with',
    )
    parser.add_argument(
        '--sizes', nargs='+', type=int, default=[h for h, _ in SIZES],
        help='heights for names80 (480 and 800)',
    )  # fmt: skip
    parser.add_argument('--classes', type=int, default=120, help='of lvis_chunks')
    parser.add_argument(
        '--repeats', type=int, default=5, help='runs; the median counts'
    )
    add_results_option(parser, 'peers')
    parser.add_argument(
        '--split', action='store_true', help='also measure time and operations by part'
    )
    parser.add_argument('--child', nargs=4, help=argparse.SUPPRESS)
    return parser.parse_args()


def wanted_cases(args: argparse.Namespace) -> list[tuple[str, tuple[int, int]]]:
    """List cases and sizes to measure."""
    wanted = []
    for case in args.cases:
        if case == 'names80':
            wanted += [(case, size) for size in SIZES if size[0] in args.sizes]
        else:
            wanted.append((case, TRAIN_SIZE))
    return wanted


if __name__ == '__main__':
    main()

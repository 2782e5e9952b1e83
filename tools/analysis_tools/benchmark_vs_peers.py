"""Time and memory of GLIP-T here, in mmdet, and of transformers' Grounding DINO.

    python tools/analysis_tools/benchmark_vs_peers.py --json benchmark.json

Same images, same machine, runs in turns, medians; peak memory of each in a process
of its own. Weights are random, the same in mmdet's model and ours. A class list is
encoded once here and kept; the time of a first image, with the text, is printed too.
Takes about half an hour on two cores; --cases and --repeats shorten it.
"""

import argparse
import json
import tempfile
from functools import partial
from pathlib import Path

import torch

from glipv2.benchmarks.peers.cases import (
    DINO,
    MMDET,
    SIZES,
    TRAIN_SIZE,
    largest_difference,
    make_batch,
    make_run,
    names_of,
    result_of,
    run_cold,
    settings_of,
)
from glipv2.benchmarks.peers.hf_grounding_dino import build_forward
from glipv2.benchmarks.peers.measure import (
    count_operations,
    own_peak,
    peak_of_child,
    split_time,
    time_in_turns,
)
from glipv2.benchmarks.peers.mmdet_glip import build_ours, build_theirs, build_twins
from glipv2.benchmarks.processor import processor

OUR_PARTS = {
    'SwinTransformer': 'backbone',
    'FPN': 'backbone',
    'TextEncoder': 'text',
    'BiAttention': 'fusion attention',
    'TextLayer': 'text layers',
    'DyConv': 'DyConv',
}
THEIR_PARTS = {
    'SwinTransformer': 'backbone',
    'FPN': 'backbone',
    'BertModel': 'text',
    'VLFuse': 'fusion attention',
    'BertEncoderLayer': 'text layers',
    'DyConv': 'DyConv',
}


def main() -> None:
    args = read_arguments()
    if args.child:
        run_child(args)
        return
    results = []
    for case, size in wanted_cases(args):
        for peer in (MMDET, DINO):
            if peer in args.peers and not (peer == DINO and case != 'names80'):
                results.append(compare(case, peer, size, args))
                print_row(results[-1])
                if args.json:
                    args.json.write_text(json.dumps(results, indent=1) + '\n')
    if args.split:
        print_split(args)
    threads, version = torch.get_num_threads(), torch.__version__
    print(f'{threads} threads of {processor()}, torch {version}')


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cases = ('names80', 'lvis_chunks', 'train_step')
    parser.add_argument('--cases', nargs='+', choices=cases, default=cases)
    parser.add_argument(
        '--peers', nargs='+', choices=(MMDET, DINO), default=(MMDET, DINO)
    )
    parser.add_argument(
        '--sizes', nargs='+', type=int, default=[h for h, _ in SIZES],
        help='heights for names80 (480 and 800)',
    )  # fmt: skip
    parser.add_argument('--classes', type=int, default=120, help='of lvis_chunks')
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--json', type=Path, help='file for the results')
    parser.add_argument(
        '--split', action='store_true', help='also print time and operations by part'
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


def compare(
    case: str, peer: str, size: tuple[int, int], args: argparse.Namespace
) -> dict:
    """Measure one case against one peer."""
    with tempfile.TemporaryDirectory() as folder:
        theirs, ours = build_twins(Path(folder), test_cfg=settings_of(case))
    run_ours = make_run(case, ours, size, args.classes)
    difference = None
    if peer == MMDET:
        run_peer = make_run(case, theirs, size, args.classes)
        batch = make_batch(case, size, args.classes)
        difference = largest_difference(case, theirs, ours, batch)
    else:
        run_peer = build_forward(names_of(case, args.classes), size)
    ours_s, peer_s = time_in_turns((run_ours, run_peer), args.repeats)
    (first_s,) = time_in_turns((lambda: run_cold(ours, run_ours),), 1)
    child = [f'--classes={args.classes}', '--child', case, *map(str, size)]
    peaks = [peak_of_child([*child, who]) for who in ('ours', peer)]
    return result_of(case, size, peer, (ours_s, peer_s), first_s, peaks, difference)


def run_child(args: argparse.Namespace) -> None:
    """Run a case once with one model and print this process's peak memory."""
    case, height, width, who = args.child
    size = (int(height), int(width))
    if who == DINO:
        build_forward(names_of(case, args.classes), size)()
    else:
        with tempfile.TemporaryDirectory() as folder:
            model = build_ours() if who == 'ours' else build_theirs(Path(folder))
        model.test_cfg.update(settings_of(case))
        make_run(case, model, size, args.classes)()
    print(own_peak())


def print_row(result: dict) -> None:
    """Print one result as a row of a table."""
    difference = result['max_abs_diff']
    shown = '-' if difference is None else f'{difference:.1e}'
    print(
        f'| {result["case"]} | {result["peer"]} | {result["ours_s"]:.2f} '
        f'({result["ours_first_s"]:.2f}) | {result["peer_s"]:.2f} '
        f'| {result["time_ratio"]:.2f} | {result["ours_peak_mb"]} '
        f'| {result["peer_peak_mb"]} | {result["memory_ratio"]:.2f} | {shown} |',
        flush=True,
    )


def print_split(args: argparse.Namespace) -> None:
    """Print where a first image's time goes, and its operations, at 480x640."""
    with tempfile.TemporaryDirectory() as folder:
        theirs, ours = build_twins(Path(folder))
    for title, model, parts in (
        ('ours', ours, OUR_PARTS), (MMDET, theirs, THEIR_PARTS),
    ):  # fmt: skip
        run = make_run('names80', model, SIZES[0], args.classes)
        if model is ours:
            run = partial(run_cold, ours, run)
        run()
        seconds = split_time(model, parts, run)
        operations = count_operations(model, parts, run)
        for part in (*dict.fromkeys(parts.values()), 'rest'):
            print(
                f'| {title} | {part} | {seconds.get(part, 0):.2f} '
                f'| {operations.get(part, 0):.0f} |'
            )


if __name__ == '__main__':
    main()

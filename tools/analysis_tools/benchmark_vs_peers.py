"""Time and memory of GLIP-T here, in mmdet, and of transformers' Grounding DINO.

    python tools/analysis_tools/benchmark_vs_peers.py --json benchmark.json

Same pictures, same machine, runs in turns, medians; peak memory of each in a process
of its own. Weights are random, the same in mmdet's model and ours. A class list is
encoded once here and kept; the time of a first picture, with the text, is printed too.
Takes about half an hour on two cores; --cases and --repeats shorten it.
"""

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch
from mmdet.datasets import CocoDataset, LVISV1Dataset
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'model_converters'))

from peers.hf_grounding_dino import build_forward
from peers.measure import (
    count_operations,
    own_peak,
    peak_of_child,
    split_time,
    time_in_turns,
)
from peers.mmdet_glip import (
    build_ours,
    build_theirs,
    build_twins,
)
from peers.parity import absolute, clone, compare_losses, compare_outputs

MMDET, DINO = 'mmdet-glip', 'hf-grounding-dino'
SIZES = ((480, 640), (800, 1333))
TRAIN_SIZE, TRAIN_BATCH = (480, 640), 2
CHUNK = 40  # names of a prompt, as GLIP evaluates LVIS
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


def names_of(case: str, classes: int) -> tuple[str, ...]:
    """List the class names of a case."""
    if case == 'lvis_chunks':
        return tuple(LVISV1Dataset.METAINFO['classes'][:classes])
    return tuple(CocoDataset.METAINFO['classes'])


def make_batch(case: str, size: tuple[int, int], classes: int) -> dict:
    """Make random pictures with the case's names, and boxes to train on."""
    torch.manual_seed(0)
    samples, inputs = [], []
    for _ in range(TRAIN_BATCH if case == 'train_step' else 1):
        height, width = size
        sample = DetDataSample(
            metainfo=dict(
                img_path='random', ori_shape=size, img_shape=size,
                scale_factor=(1.0, 1.0), text=names_of(case, classes),
                custom_entities=True,
            )
        )  # fmt: skip
        corner = torch.rand(8, 2) * torch.tensor([width / 2, height / 2])
        extent = 16 + torch.rand(8, 2) * torch.tensor([width / 2, height / 2]) * 0.9
        sample.gt_instances = InstanceData(
            bboxes=torch.cat((corner, corner + extent), 1), labels=torch.arange(8)
        )
        samples.append(sample)
        inputs.append(torch.randint(0, 256, (3, *size), dtype=torch.uint8))
    return dict(inputs=inputs, data_samples=samples)


def settings_of(case: str) -> dict:
    """Give the test settings of a case."""
    return dict(chunked_size=CHUNK) if case == 'lvis_chunks' else {}


def make_run(
    case: str, model: nn.Module, size: tuple[int, int], classes: int
) -> Callable[[], object]:
    """Make one step of a case with a model."""
    batch = make_batch(case, size, classes)
    if case != 'train_step':

        def predict() -> object:
            with torch.no_grad():
                return model.test_step(clone(batch))

        return predict

    def train() -> object:
        model.train().zero_grad()
        data = model.data_preprocessor(clone(batch), True)
        losses = model(**data, mode='loss')
        sum(losses.values()).backward()
        return losses

    return train


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


def result_of(
    case: str,
    size: tuple[int, int],
    peer: str,
    seconds: Sequence[float],
    first_s: float,
    peaks: Sequence[float],
    difference: float | None,
) -> dict:
    """Make an entry of the JSON file; ``seconds`` and ``peaks`` are ours, theirs."""
    (ours_s, peer_s), (ours_mb, peer_mb) = seconds, peaks
    return dict(
        case=f'{case} {size[0]}x{size[1]}',
        peer=peer,
        ours_s=round(ours_s, 3),
        peer_s=round(peer_s, 3),
        time_ratio=round(ours_s / peer_s, 3),
        ours_first_s=round(first_s, 3),
        ours_peak_mb=round(ours_mb),
        peer_peak_mb=round(peer_mb),
        memory_ratio=round(ours_mb / peer_mb, 3),
        max_abs_diff=difference,
    )


def run_cold(model: nn.Module, run: Callable[[], object]) -> object:
    """Run with a text that was not encoded before."""
    model.text_encoder.cache.clear()
    return run()


def largest_difference(
    case: str, theirs: nn.Module, ours: nn.Module, batch: dict
) -> float:
    """Compare raw outputs (of the first prompt), or losses, without dropout."""
    theirs.eval()
    ours.eval()
    if case == 'train_step':
        found = compare_losses(theirs, ours, batch, absolute)
    else:
        first = clone(batch)
        for sample in first['data_samples']:
            sample.set_metainfo(dict(text=sample.text[:CHUNK]))
        found = compare_outputs(theirs, ours, first, absolute)
    return max(found.values())


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
    """Print where a first picture's time goes, and its operations, at 480x640."""
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


def processor() -> str:
    """Name the processor."""
    info = Path('/proc/cpuinfo')
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith('model name'):
                return line.partition(':')[2].strip()
    return platform.processor() or platform.machine()


if __name__ == '__main__':
    main()

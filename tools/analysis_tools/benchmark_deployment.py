"""Time and memory of a model and of the files exported from it.

    python tools/analysis_tools/benchmark_deployment.py CONFIG CHECKPOINT FILE ...

Random images of one size, the same for all, with the text of the files; runs in
turns, medians; peak memory of each in a process of its own. Loading is not timed.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from mmdet.structures import DetDataSample
from mmengine.config import Config

from glipv2.apis import init_model
from glipv2.benchmarks.peers.measure import own_peak, peak_of_child, time_in_turns
from glipv2.benchmarks.peers.parity import clone
from glipv2.benchmarks.processor import processor
from glipv2.deployment import ExportedModel

EAGER = 'eager'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', type=Path)
    parser.add_argument('checkpoint', type=Path)
    parser.add_argument('files', type=Path, nargs='+', help='.onnx or .pt2')
    parser.add_argument('--size', type=int, nargs=2, default=(192, 192))
    parser.add_argument('--pictures', type=int, default=5, help='of a run')
    parser.add_argument('--repeats', type=int, default=9)
    parser.add_argument('--child', help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        make_run(args.child, args)()
        print(own_peak())
        return
    who = [EAGER, *map(str, args.files)]
    seconds = time_in_turns([make_run(name, args) for name in who], args.repeats)
    print('| model | ms an image | time | peak MB | memory |\n|---|---|---|---|---|')
    settings = [
        str(args.config), str(args.checkpoint), *map(str, args.files),
        '--size', *map(str, args.size), '--pictures', str(args.pictures),
    ]  # fmt: skip
    peaks = [peak_of_child([*settings, '--child', name]) for name in who]
    for name, taken, peak in zip(who, seconds, peaks):
        print(
            f'| {name} | {taken / args.pictures * 1000:.1f} | {taken / seconds[0]:.2f} '
            f'| {peak:.0f} | {peak / peaks[0]:.2f} |'
        )
    threads, version = torch.get_num_threads(), torch.__version__
    print(
        f'{args.size[0]}x{args.size[1]}, {threads} threads of {processor()}, {version}'
    )


def make_run(name: str, args: argparse.Namespace) -> Callable[[], None]:
    """Load a model and make a run of it over the images.

    Args:
        name: ``'eager'`` or a file.
        args: The command line.

    Returns:
        The run.
    """
    rng = np.random.default_rng(0)
    shape = (args.pictures, *args.size, 3)
    images = rng.integers(0, 256, shape, dtype=np.uint8)
    if name == EAGER:
        return partial(run_eager, *prepare_eager(args, images))
    return partial(run_file, ExportedModel(Path(name)), images)


def prepare_eager(
    args: argparse.Namespace, images: np.ndarray
) -> tuple[torch.nn.Module, list[dict]]:
    """Build the model, and a batch of each image with the files' names."""
    model = init_model(Config.fromfile(args.config), args.checkpoint)
    names = tuple(ExportedModel(args.files[0]).description['names'])
    size = tuple(args.size)
    batches = []
    for image in images:
        meta = dict(
            img_path='random', ori_shape=size, img_shape=size,
            scale_factor=(1.0, 1.0), text=names, custom_entities=True,
        )  # fmt: skip
        bgr = torch.from_numpy(image[..., ::-1].transpose(2, 0, 1).copy())
        batches.append(dict(inputs=[bgr], data_samples=[DetDataSample(metainfo=meta)]))
    return model, batches


def run_eager(model: torch.nn.Module, batches: list[dict]) -> None:
    """Predict each image."""
    with torch.no_grad():
        for batch in batches:
            model.test_step(clone(batch))


def run_file(exported: ExportedModel, images: np.ndarray) -> None:
    """Predict each image."""
    for image in images:
        exported(image)


if __name__ == '__main__':
    main()

"""Is everything right on this machine's GPU, and how fast is it there?

    python tools/analysis_tools/gpu_check.py

Compares CPU and GPU for every model and head, half precision with float32, exported
files with the model, and measures time and memory against mmdet's GLIP and Grounding
DINO. Prints tables in Markdown and writes docs/results/gpu.json. Needs no data and no
network. ``--device cpu`` compares the CPU with itself, which tests this tool only.
"""

import argparse
import importlib
import json
import os
import sys
import time
from functools import partial
from pathlib import Path

from glipv2.benchmarks.gpu.isolated import Check, run_alone
from glipv2.benchmarks.gpu.report import describe_software, markdown
from glipv2.benchmarks.gpu.settings import CannotRunError, Findings, Settings

ROOT = Path(__file__).resolve().parents[2]
PARTS = {
    'equality': 'CPU and GPU: every model and head in float32',
    'deformable': "Deformable convolution: mmcv's operator and the gather",
    'amp_curves': 'Training of the quickstart in half precision',
    'against_peers': "Time and memory against mmdet's GLIP and Grounding DINO",
    'exported': 'Exported files on the GPU',
    'waits': 'Waits for the GPU in a training step',
}
NO_GPU = 2


def main() -> None:
    args = read_arguments()
    settings = Settings(args.device, args.quick, args.data)
    if settings.self_test:
        importlib.import_module('glipv2')  # once for all; it would wake a GPU up
    device = run_alone(lambda: describe_device, settings)
    if 'could_not' in device:
        print(
            f'gpu_check.py: {device["could_not"]}; with a GPU it would check: '
            f'{", ".join(args.parts)} (--device cpu tests the tool itself)',
            file=sys.stderr,
        )
        raise SystemExit(NO_GPU)
    report = {
        **describe_software(), 'device': device['rows'][0],
        'settings': dict(quick=args.quick, data=str(args.data or 'generated')),
        'parts': {},
    }  # fmt: skip
    print('## ' + ', '.join(f'{k} {v}' for k, v in report['device'].items()), '\n')
    for name in args.parts:
        start = time.monotonic()
        found = run_alone(partial(find_check, name), settings)
        print(markdown(PARTS[name], found), flush=True)
        if 'traceback' in found:
            print(found.pop('traceback'), file=sys.stderr)
        report['parts'][name] = {**found, 'seconds': round(time.monotonic() - start, 1)}
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(report, indent=1) + '\n')
    print(f'{args.out} has all figures')
    if any(part.get('passed') is False for part in report['parts'].values()):
        raise SystemExit(1)


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog='exit code: 0 right, 1 something is wrong, 2 no GPU',
    )
    parser.add_argument('--parts', nargs='+', choices=PARTS, default=list(PARTS))
    parser.add_argument('--device', default='cuda:0', help='cuda:0, or cpu')
    parser.add_argument('--quick', action='store_true', help='a few minutes')
    parser.add_argument('--data', type=Path, help='EmojiScenes; default: made')
    parser.add_argument('--out', type=Path, default=ROOT / 'docs/results/gpu.json')
    args = parser.parse_args()
    if args.data is not None and not (args.data / 'annotations').is_dir():
        parser.error(f'{args.data} has no folder annotations; leave --data out')
    if args.device == 'cpu':
        os.environ['CUDA_VISIBLE_DEVICES'] = ''  # mmengine would train on a GPU
    return args


def find_check(name: str) -> Check:
    """Import a part; only then are the packages that it needs."""
    return importlib.import_module(f'gpu.{name}').check


def describe_device(settings: Settings) -> Findings:
    """Say what the check runs on; in a child, as it wakes the GPU up."""
    import torch

    if settings.self_test:
        return Findings([dict(device='CPU', threads=torch.get_num_threads())])
    if not torch.cuda.is_available():
        raise CannotRunError('torch finds no GPU here')
    found = torch.cuda.get_device_properties(settings.device)
    return Findings(
        [
            dict(
                device=found.name, gigabytes=round(found.total_memory / 2**30, 1),
                capability=f'{found.major}.{found.minor}',
                cudnn=torch.backends.cudnn.version(),
            )
        ]
    )  # fmt: skip


if __name__ == '__main__':
    main()

"""Is everything right on this machine's GPU, and how fast is it there?

    python tools/analysis_tools/gpu_check.py

Compares CPU and GPU for every model and head, half precision with float32, exported
files with the model, and measures time and memory against mmdet's GLIP and Grounding
DINO. Prints tables in Markdown and writes docs/results/gpu.json. Needs no data and no
network. ``--device cpu`` compares the CPU with itself, which tests this tool only.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path

with redirect_stdout(sys.stderr):  # mmdet prints as it is imported
    from glipv2.benchmarks.gpu.checks import NO_GPU, PARTS, NoGPUError, run_checks
    from glipv2.benchmarks.gpu.settings import Settings
    from glipv2.benchmarks.results import add_results_option


def main() -> None:
    args = read_arguments()
    settings = Settings(args.device, args.quick, args.data)
    try:
        passed = run_checks(args.parts, settings, args.out)
    except NoGPUError as error:
        print(f'gpu_check.py: {error}', file=sys.stderr)
        raise SystemExit(NO_GPU) from error
    if not passed:
        raise SystemExit(1)


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog='exit code: 0 right, 1 something is wrong, 2 no GPU',
    )
    parser.add_argument(
        '--parts', nargs='+', choices=PARTS, default=list(PARTS), help='what is checked'
    )
    parser.add_argument('--device', default='cuda:0', help='cuda:0, or cpu')
    parser.add_argument('--quick', action='store_true', help='a few minutes')
    parser.add_argument('--data', type=Path, help='EmojiScenes; default: made')
    add_results_option(parser, 'gpu')
    args = parser.parse_args()
    if args.data is not None and not (args.data / 'annotations').is_dir():
        parser.error(f'{args.data} has no folder annotations; leave --data out')
    if args.device == 'cpu':
        os.environ['CUDA_VISIBLE_DEVICES'] = ''  # mmengine would train on a GPU
    return args


if __name__ == '__main__':
    main()

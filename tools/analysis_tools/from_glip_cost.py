"""Measure a training step of GLIP-T at full size, for each config of configs/from_glip.

    python tools/analysis_tools/from_glip_cost.py

One image, float32, random weights, optimiser included; each in a process of its own.
Needs 12 GB of memory. Writes docs/results/from_glip.json.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import json
import subprocess
import sys

from glipv2.benchmarks.from_glip import RUNS, measure
from glipv2.benchmarks.gpu.report import table
from glipv2.benchmarks.results import add_results_option, write_results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--steps', type=int, default=1, help='timed steps of each')
    parser.add_argument(
        '--runs',
        nargs='+',
        choices=list(RUNS),
        default=list(RUNS),
        help='what is measured',
    )
    add_results_option(parser, 'from_glip')
    parser.add_argument('--child', help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        run, height, width = args.child.split(':')
        print(json.dumps(measure(run, (int(height), int(width)), args.steps)))
        return
    rows: list[dict[str, object]] = []
    settings = dict(configs='configs/from_glip', batch=1, steps=args.steps)
    cases = [(run, size) for run in args.runs for size in RUNS[run][1]]
    # The largest come last: what was measured before a break is kept.
    for run, (height, width) in sorted(cases, key=lambda case: case[1]):
        child = [sys.executable, __file__, '--child', f'{run}:{height}:{width}']
        done = subprocess.run(
            [*child, '--steps', str(args.steps)],
            check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        found = json.loads(done.stdout.splitlines()[-1])
        rows.append(
            {
                'step of': run,
                'image': f'{height}x{width}',
                'CPU seconds': round(found['seconds'], 1),
                'peak GB': round(found['megabytes'] / 1024, 1),
            }
        )
        print(rows[-1], flush=True)
        command = 'tools/analysis_tools/from_glip_cost.py'
        write_results(args.out, command, rows, settings)
    print('\n'.join(table(rows)))


if __name__ == '__main__':
    main()

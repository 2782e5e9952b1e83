"""Make faults on purpose, and write how many are survived to docs/results/faults.json.

Processes are killed, disks filled and files damaged in folders of their own.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from mmdet.utils import register_all_modules

from glipv2.benchmarks.faults.campaign import run_campaign
from glipv2.benchmarks.faults.outcome import Outcome
from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.quiet import quiet_console

ROOT = Path(__file__).resolve().parents[2]
LABEL_KILLS = 20


def show(outcome: Outcome) -> None:
    row = outcome.row()
    print(' | '.join(str(value) for value in row.values()), flush=True)
    for line in outcome.lost[:3]:
        print(f'    {line}', flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--processes', type=int, default=50, help='tries of each fault of a process'
    )
    parser.add_argument(
        '--files', type=int, default=10_000, help='damaged files of each kind'
    )
    parser.add_argument(
        '--texts', type=int, default=1_000_000, help='odd texts of each kind'
    )
    parser.add_argument(
        '--label-kills', type=int, default=LABEL_KILLS,
        help='kills of `glipv2 label`, four of a job',
    )  # fmt: skip
    parser.add_argument('--seed', type=int, default=0, help='of all choices')
    parser.add_argument(
        '--minutes', type=float, default=600, help='begin nothing more after these'
    )
    parser.add_argument(
        '--notes',
        type=Path,
        default=ROOT / 'work_dirs' / 'faults' / 'notes',
        help='beside it is noted what was tried; started again, it goes on from there',
    )
    add_results_option(parser, 'faults')
    args = parser.parse_args()
    quiet_console(False)
    register_all_modules()
    tries = (args.processes, args.files, args.texts, args.label_kills)
    outcomes = run_campaign(tries, args.seed, args.minutes, args.notes, show)
    write_results(
        args.out,
        f'python tools/analysis_tools/faults.py --processes {tries[0]} '
        f'--files {tries[1]} --texts {tries[2]} --label-kills {tries[3]} '
        f'--seed {args.seed} --minutes {args.minutes:g}',
        [outcome.row() for outcome in outcomes],
        dict(seed=args.seed),
    )
    if any(outcome.lost for outcome in outcomes):
        raise SystemExit('something was lost')


if __name__ == '__main__':
    main()

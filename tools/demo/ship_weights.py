"""Train, publish and measure the weights in the package anew.

    python tools/demo/ship_weights.py
    python tools/demo/ship_weights.py --checkpoint work_dirs/multitask_emoji/LAST.pth

The first trains the detector, then all tasks, then the answers alone, about 50 minutes
on two CPU cores, and goes on where it was stopped. Both replace emoji.safetensors, its
figures in docs/results, the tables of the documents, the image in README.md and what
the notebook shows.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.quickstart.multitask import make_data, train_answers
from glipv2.quickstart.scripts import ROOT, last_checkpoint, run_script
from glipv2.shipped import ASSETS


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--checkpoint', type=Path, help='instead of training (default: train)'
    )
    checkpoint = parser.parse_args().checkpoint
    if checkpoint is None:
        run_script('demo/quickstart.py')
        run_script('demo/quickstart_multitask.py')
        runs = ROOT / 'work_dirs'
        checkpoint = train_answers(
            runs / 'questions_emoji', last_checkpoint(runs / 'multitask_emoji')
        )
    make_data()  # the checkpoint's config names the answers in it
    weights = ASSETS / 'weights' / 'emoji.safetensors'
    weights.parent.mkdir(exist_ok=True)
    run_script(
        'model_converters/publish_model.py', checkpoint.resolve(), weights,
        '--half', '--without-text',
    )  # fmt: skip
    weights.chmod(0o644)  # safetensors lets nobody else read it
    run_script('analysis_tools/shipped_weights.py')
    run_script('analysis_tools/fill_tables.py')
    run_script('demo/demo.py', '--contact-sheet', ROOT / 'docs' / 'quickstart.jpg')
    run_script('demo/run_tutorial.py')


if __name__ == '__main__':
    main()

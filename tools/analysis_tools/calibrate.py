"""Fit a calibration to a model's boxes on a validation set, and store it with the model.

    python tools/test.py configs/quickstart/absent_emoji.py quickstart.pth
    python tools/analysis_tools/calibrate.py work_dirs/absent_emoji/absent.json \
        quickstart.pth --out calibrated.pth

The first writes the boxes (`AbsentNameMetric(outfile=...)`), right and wrong ones. Nothing
changes until a call asks for it: see docs/absence.md.
"""  # noqa: E501

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.checkpoint.calibrated import add_calibration
from glipv2.evaluation.calibration import fit_calibration, read_boxes


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('boxes', type=Path, help='the JSON file of AbsentNameMetric')
    parser.add_argument('checkpoint', type=Path, nargs='?', help='.pth or .safetensors')
    parser.add_argument('--out', type=Path, help='the file to write')
    args = parser.parse_args()
    if (args.checkpoint is None) != (args.out is None):
        parser.error('CHECKPOINT and --out belong together')
    try:
        boxes = read_boxes(args.boxes)
        fitted = fit_calibration(boxes.scores, boxes.right, boxes.names)
        if args.out is not None:
            add_calibration(args.checkpoint, args.out, fitted.to_dict())
    except (OSError, ValueError) as error:
        parser.exit(1, f'{error}\n')
    print(f'temperature {fitted.temperature:.3f}, bias {fitted.bias:+.3f}')
    print(f'{len(fitted.biases)} names have a bias of their own')
    for precision, threshold in fitted.thresholds.items():
        print(f'precision {precision}: score {threshold:.3f} or more')


if __name__ == '__main__':
    main()

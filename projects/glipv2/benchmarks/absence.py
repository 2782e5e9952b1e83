"""What a detector says of absent names, before and after a calibration."""

import json
from collections.abc import Sequence
from pathlib import Path

from ..quickstart.scripts import run_script

COLUMNS = {
    'cgF1': 'cgF1',
    'IL_MCC': 'IL_MCC',
    'pmF1': 'pmF1',
    'precision': 'precision',
    'recall': 'recall',
    'false_boxes_shared': 'false boxes, shared word',
    'false_boxes_near': 'near',
    'false_boxes_random': 'random',
    'AUROC': 'AUROC',
    'ECE': 'ECE',
}


def measure_absence(
    config: Path, weights: Path, work_dir: Path, half: int, options: Sequence[str] = ()
) -> list[dict[str, object]]:
    """Fit a calibration to one half of the images, and measure on the other.

    Args:
        config: A test with ``AskNames`` and ``AbsentNameMetric``.
        weights: The detector.
        work_dir: Folder of the runs and of ``calibrated.pth``.
        half: Images of a half.
        options: ``--cfg-options`` of all tests.

    Returns:
        Rows of a table: the scores as they are, and calibrated.
    """
    work_dir.mkdir(parents=True, exist_ok=True)
    calibrated = work_dir / 'calibrated.pth'

    def test(name: str, images: int, *more: str) -> dict[str, float]:
        out = work_dir / name
        run_script(
            'test.py', config, weights, '--work-dir', out, '--cfg-options',
            f'test_dataloader.dataset.indices={images}',
            f'test_evaluator.outfile={out / "absent"}', *options, *more,
        )  # fmt: skip
        return json.loads((out / 'absent.json').read_text())['figures']

    test('fit', half)
    run_script(
        'analysis_tools/calibrate.py', work_dir / 'fit' / 'absent.json', weights,
        '--out', calibrated,
    )  # fmt: skip
    plain = test('plain', -half)
    sure = test('sure', -half, f'test_evaluator.calibration={calibrated}')
    return [
        {'scores': title, **{COLUMNS[key]: round(row[key], 3) for key in COLUMNS}}
        for title, row in (("the model's", plain), ('calibrated', sure))
    ]

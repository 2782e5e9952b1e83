"""The comparison of a student with its teacher runs, and goes on where it was."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(600)
def test_the_command_on_a_few_images(tmp_path: Path) -> None:
    work, out = tmp_path / 'work', tmp_path / 'distil.json'
    command = [
        sys.executable, str(ROOT / 'tools/analysis_tools/distil_results.py'),
        '--work-dir', str(work), '--images', '3', '--val-images', '2', '--epochs', '1',
        '--image-size', '64', '--timed', '1', '--out', str(out), '--cfg-options',
        'train_dataloader.batch_size=2', 'train_dataloader.num_workers=0',
        'train_dataloader.persistent_workers=False',
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    content = json.loads(out.read_text())
    teacher, student = content['rows']
    assert (teacher['model'], student['model']) == ('teacher', 'student')
    # Of few and learnt images; a student of one step knows nothing.
    assert teacher['AP50'] > 0.5 > student['AP50'] >= 0
    assert min(row['ms per image'] for row in content['rows']) > 0
    assert content['settings']['config'] == 'configs/distil/rtmdet_tiny_frozen_lite0.py'
    assert content['settings']['styles'] == ['noto']
    assert {*content['settings']['seconds']} == {'data', 'label', 'train', 'measure'}
    kept = {
        path: path.stat().st_mtime_ns
        for pattern in ('*.pth', 'answers.jsonl', '*.jpg')
        for path in work.rglob(pattern)
    }
    (work / 'rows.json').unlink()  # as if killed before the end
    subprocess.run(command, check=True, capture_output=True)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    again = json.loads(out.read_text())['rows']
    assert [row['AP50'] for row in again] == [teacher['AP50'], student['AP50']]

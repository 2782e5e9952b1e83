"""Videos: an annotated copy, and a JSON line for each computed frame."""

import json
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.forked import run_forked
from tests.tiny_files import write_model

TOOL = Path(__file__).parents[2] / 'tools' / 'demo' / 'video_demo.py'
FRAMES, SIZE = 7, (96, 64)


def run(*arguments: object) -> subprocess.CompletedProcess:
    """Run the tool."""
    return run_forked([TOOL, *map(str, arguments)])


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a detector."""
    return write_model(tmp_path_factory.mktemp('model'))


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Write a video of grey frames."""
    path = tmp_path / 'grey.mp4'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), 10, SIZE)
    for number in range(FRAMES):
        writer.write(np.full((SIZE[1], SIZE[0], 3), 20 * number, np.uint8))
    writer.release()
    return path


@pytest.mark.timeout(400)
def test_every_third_frame_is_computed_and_all_are_written(
    video: Path,
    checkpoint: Path,
    tmp_path: Path,
) -> None:
    out = tmp_path / 'out' / 'drawn.mp4'
    finished = run(
        video, checkpoint, '--texts', 'dog . cat', '--every', 3, '--batch-size', 2,
        '--pred-score-thr', 0, '--max-per-img', 4, '--out', out,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    lines = [json.loads(x) for x in out.with_suffix('.jsonl').read_text().splitlines()]
    assert [(x['frame'], x['seconds']) for x in lines] == [(0, 0), (3, 0.3), (6, 0.6)]
    assert all(len(x['bboxes']) == 4 for x in lines)
    written = cv2.VideoCapture(str(out))
    assert written.get(cv2.CAP_PROP_FRAME_COUNT) == FRAMES
    read, frame = written.read()
    assert read and frame.shape == (SIZE[1], SIZE[0], 3)
    assert frame.max() > 30  # drawn on


@pytest.mark.timeout(400)
def test_no_video_is_one_line(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / 'text.mp4').write_text('no video')
    for name, message in (('none.mp4', 'no video'), ('text.mp4', 'can be read')):
        refused = run(tmp_path / name, checkpoint, '--texts', 'a')
        assert refused.returncode
        assert message in refused.stderr.splitlines()[-1]

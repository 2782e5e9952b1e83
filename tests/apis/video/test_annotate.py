"""Videos with broken frames."""

import json
from pathlib import Path

import cv2
import mmcv
import numpy as np
import pytest

from glipv2.apis import GLIPv2Inferencer
from glipv2.apis.video import annotate_video, open_video

SIZE = (64, 48)


class Broken:
    """A capture that cannot read some frames.

    Args:
        capture: OpenCV's.
        broken: Numbers of the frames.
    """

    def __init__(self, capture: cv2.VideoCapture, broken: set[int]) -> None:
        self.capture, self.broken, self.number = capture, broken, -1

    def read(self) -> tuple[bool, np.ndarray | None]:
        self.number += 1
        is_read, frame = self.capture.read()
        return (False, None) if self.number in self.broken else (is_read, frame)


@pytest.fixture
def reader(tmp_path: Path) -> mmcv.VideoReader:
    """Write and open a video of eight frames."""
    path = tmp_path / 'grey.mp4'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), 10, SIZE)
    for number in range(8):
        writer.write(np.full((SIZE[1], SIZE[0], 3), 30 * number, np.uint8))
    writer.release()
    return open_video(path)


def frames_of(out: Path) -> list[int]:
    """List the computed frames."""
    lines = out.with_suffix('.jsonl').read_text().splitlines()
    return [json.loads(line)['frame'] for line in lines]


def test_a_broken_frame_is_left_out_and_the_next_ones_are_read(
    reader: mmcv.VideoReader, inferencer: GLIPv2Inferencer, tmp_path: Path
) -> None:
    out = tmp_path / 'drawn.mp4'
    reader._vcap = Broken(reader._vcap, {0, 3, 4})
    assert annotate_video(reader, inferencer, out, texts='dog') == 5
    assert frames_of(out) == [1, 2, 5, 6, 7]


def test_a_frame_that_cannot_be_computed_stays_as_it_is(
    reader: mmcv.VideoReader, inferencer: GLIPv2Inferencer, tmp_path: Path
) -> None:
    out = tmp_path / 'drawn.mp4'
    limit = dict(max_megapixels=SIZE[0] * SIZE[1] / 1e6 - 1e-4)
    with pytest.raises(ValueError, match='no frame can be computed; frame 0: .*mega'):
        annotate_video(reader, inferencer, out, texts='dog', **limit)
    assert mmcv.VideoReader(str(out)).frame_cnt == 8


def test_ctrl_c_finishes_both_files(
    reader: mmcv.VideoReader, inferencer: GLIPv2Inferencer, tmp_path: Path
) -> None:
    class Stopped(Broken):
        def read(self) -> tuple[bool, np.ndarray | None]:
            if self.number == 4:
                raise KeyboardInterrupt
            return super().read()

    out = tmp_path / 'drawn.mp4'
    reader._vcap = Stopped(reader._vcap, set())
    assert annotate_video(reader, inferencer, out, texts='dog') == 5
    assert mmcv.VideoReader(str(out)).frame_cnt == 5
    assert frames_of(out) == [0, 1, 2, 3, 4]


def test_most_frames_and_frames_between(
    reader: mmcv.VideoReader, inferencer: GLIPv2Inferencer, tmp_path: Path
) -> None:
    out = tmp_path / 'drawn.mp4'
    settings = dict(every=2, batch_size=2, max_frames=5)
    assert annotate_video(reader, inferencer, out, texts='dog', **settings) == 5
    assert frames_of(out) == [0, 2, 4]
    with pytest.raises(ValueError, match='max_frames must be at least 1'):
        annotate_video(reader, inferencer, out, texts='dog', max_frames=0)


def test_ids_are_in_the_lines(
    reader: mmcv.VideoReader, inferencer: GLIPv2Inferencer, tmp_path: Path
) -> None:
    pytest.importorskip('trackers')
    out = tmp_path / 'drawn.mp4'
    settings = dict(track=True, colour_by_id=True, pred_score_thr=0.0, texts='dog')
    annotate_video(reader, inferencer, out, **settings)
    lines = out.with_suffix('.jsonl').read_text().splitlines()
    for line in map(json.loads, lines):
        assert len(line['track_ids']) == len(line['bboxes']) > 0

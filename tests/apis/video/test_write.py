"""Videos that browsers play."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from glipv2.apis.video import write
from glipv2.apis.video.write import VideoWriter


def write_grey(out: Path, fps: float, width: int, height: int) -> np.ndarray:
    """Write four frames with a light cross; return the last."""
    frame = np.full((height, width, 3), 60, np.uint8)
    frame[height // 2 - 4 :, width // 2 - 4 :] = 200
    with VideoWriter(out, fps) as writer:
        for _ in range(4):
            writer.write(frame)
    return frame


@pytest.mark.parametrize('fps', [0.5, 23.976, 25, 29.97, 30000 / 1001, 1000])
def test_the_frame_rate_is_kept(tmp_path: Path, fps: float) -> None:
    out = tmp_path / 'out.mp4'
    write_grey(out, fps, 64, 48)
    with av.open(str(out)) as container:
        (stream,) = container.streams.video
        assert float(stream.average_rate) == pytest.approx(fps, rel=1e-4)
        assert stream.frames == 4
        assert float(stream.duration * stream.time_base) == pytest.approx(4 / fps, 0.01)


@pytest.mark.parametrize('size', [(97, 63), (98, 63), (97, 64), (1, 1), (3, 200)])
def test_odd_sides_are_padded_and_nothing_is_cut(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    out, (width, height) = tmp_path / 'out.mp4', size
    frame = write_grey(out, 25, width, height)
    with av.open(str(out)) as container:
        (stream,) = container.streams.video
        assert stream.codec_context.name == 'h264'
        assert stream.codec_context.pix_fmt == 'yuv420p'
        read = [x.to_ndarray(format='bgr24') for x in container.decode(stream)]
    assert read[0].shape == (height + height % 2, width + width % 2, 3)
    difference = read[-1][:height, :width].astype(int) - frame
    assert np.abs(difference).mean() < 6
    content = out.read_bytes()
    assert content.index(b'moov') < content.index(b'mdat')  # plays while it loads


def test_a_frame_of_another_size_is_resized(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / 'out.mkv', 25) as writer:
        writer.write(np.zeros((48, 64, 3), np.uint8))
        writer.write(np.zeros((64, 48, 3), np.uint8))
    assert cv2.VideoCapture(str(tmp_path / 'out.mkv')).read()[1].shape == (48, 64, 3)


def test_without_pyav_there_is_a_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, 'av', None)
    out = tmp_path / 'out.mp4'
    write_grey(out, 25, 97, 63)
    assert cv2.VideoCapture(str(out)).read()[1].shape == (64, 98, 3)


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r'cannot write .*x.gif; its ending must be'):
        VideoWriter(tmp_path / 'x.gif', 25)
    with pytest.raises(ValueError, match='cannot write .*none'):
        write_grey(tmp_path / 'none' / 'x.mp4', 25, 64, 48)

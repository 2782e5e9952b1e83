"""Files, streams and cameras."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from glipv2.apis.video.read import Frames, LiveVideo, open_video
from glipv2.apis.video.write import VideoWriter


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Write a video of six frames."""
    path = tmp_path / 'clip.mp4'
    with VideoWriter(path, 10) as writer:
        for number in range(6):
            writer.write(np.full((48, 64, 3), 30 * number, np.uint8))
    return path


@pytest.fixture
def address(clip: Path) -> Iterator[str]:
    """Serve the video's folder."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(clip.parent))
    with ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f'http://127.0.0.1:{server.server_port}/{clip.name}'
        server.shutdown()


def test_a_file_is_read_to_its_end_or_a_number_of_frames(clip: Path) -> None:
    assert [number for number, _ in Frames(open_video(clip))] == [0, 1, 2, 3, 4, 5]
    limited = Frames(open_video(str(clip)), most=2)
    assert [number for number, _ in limited] == [0, 1] and limited.broken == 0


def test_a_stream_is_read(address: str) -> None:
    stream = open_video(address)
    assert isinstance(stream, LiveVideo) and stream.fps == pytest.approx(10)
    frames = list(Frames(stream, most=4))
    assert len(frames) == 4 and frames[0][1].shape == (48, 64, 3)
    assert len(list(Frames(open_video(address)))) == 6


@pytest.mark.parametrize(
    ('source', 'error', 'message'),
    [
        ('63', ValueError, 'the camera 63 cannot be opened'),
        ('http://127.0.0.1:9/x.mp4', ValueError, 'the stream http.* cannot be opened'),
        ('none.mp4', FileNotFoundError, 'there is no video none.mp4'),
        ('/', ValueError, '/ is no video that can be read'),
        (__file__, ValueError, 'test_read.py is no video that can be read'),
    ],
)
def test_what_cannot_be_opened_is_said(
    source: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        open_video(source)

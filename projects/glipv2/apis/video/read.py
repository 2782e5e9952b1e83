"""Frames of files, cameras and streams."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import mmcv
import numpy as np

PATIENCE = 100  # broken frames in a row that end a video; our choice
DEFAULT_FPS = 25.0  # of a video without a rate; our choice
Frame = tuple[int, np.ndarray]  # its number and pixels


class LiveVideo:
    """A camera or a stream, with the names of ``mmcv.VideoReader``.

    Args:
        source: Number of a camera, or the address of a stream.

    Raises:
        ValueError: If it cannot be opened.
    """

    frame_cnt = 0  # not known

    def __init__(self, source: int | str) -> None:
        self.vcap = cv2.VideoCapture(source)
        if not self.vcap.isOpened():
            kind = 'camera' if isinstance(source, int) else 'stream'
            raise ValueError(f'the {kind} {source} cannot be opened')
        self.fps: float = self.vcap.get(cv2.CAP_PROP_FPS)


Video = mmcv.VideoReader | LiveVideo


def open_video(source: str | Path) -> Video:
    """Open a video.

    Args:
        source: A file, the number of a camera such as ``0``, or the address of a
            stream such as ``rtsp://...`` or ``http://...``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read.
    """
    name = str(source)
    if not Path(name).exists():
        if name.isdecimal():
            return LiveVideo(int(name))
        if '://' in name:
            return LiveVideo(name)
        raise FileNotFoundError(f'there is no video {name}')
    reader = mmcv.VideoReader(name) if Path(name).is_file() else None
    if reader is None or not reader.opened or not reader.width:
        raise ValueError(f'{name} is no video that can be read')
    return reader


def rate_of(video: Video) -> float:
    """Get the frames per second of a video, a usual rate if it does not say."""
    return video.fps if video.fps and video.fps > 0 else DEFAULT_FPS


class Frames:
    """The frames of a video that are not broken; an iterator, once.

    mmcv's iterator ends at the first broken frame, and its cache reads that again and
    again.

    Args:
        video: Of :func:`open_video`.
        most: How many frames to read; None: to the end.
    """

    def __init__(self, video: Video, most: int | None = None) -> None:
        self.video, self.most = video, most
        self.broken = 0  # known when all are read

    def __iter__(self) -> Iterator[Frame]:
        number, waiting, count = 0, 0, 0
        live, total = isinstance(self.video, LiveVideo), self.video.frame_cnt
        while waiting < PATIENCE and (live or number < total or not waiting):
            is_read, frame = self.video.vcap.read()
            number += 1
            if not is_read:
                waiting += 1
                continue
            self.broken, waiting, count = self.broken + waiting, 0, count + 1
            yield number - 1, frame
            if count == self.most:
                return
        if not live:
            self.broken = max(0, total - count)

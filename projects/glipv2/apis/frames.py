"""Frames of video files, cameras and streams, without an end where they have none."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from .sources import GivenVideo
from .video import DEFAULT_FPS, PATIENCE


@dataclass(frozen=True)
class Frame:
    """A frame that could be read.

    Args:
        number: Counted from 0.
        seconds: From the start, s.
        image: (H, W, 3) uint8 BGR.
    """

    number: int
    seconds: float
    image: np.ndarray


def read_frames(video: GivenVideo, every: int = 1) -> Iterator[Frame]:
    """Read frames as they come.

    Args:
        video: File, camera or stream.
        every: Every N-th frame is decoded and yielded.

    Yields:
        The frames; broken ones are left out.

    Raises:
        OSError: If nothing can be read.
    """
    capture = cv2.VideoCapture(video.source)
    try:
        rate = capture.get(cv2.CAP_PROP_FPS) or DEFAULT_FPS
        number = count = broken = 0
        while capture.isOpened() and broken < PATIENCE:
            is_there = capture.grab()
            if is_there and number % every == 0:
                is_there, image = capture.retrieve()
                if is_there:
                    count += 1
                    yield Frame(number, round(number / rate, 3), image)
            total = capture.get(cv2.CAP_PROP_FRAME_COUNT)
            broken = 0 if is_there else broken + 1
            number += 1
            if broken and total > 0 and number >= total:
                break
        if not count:
            raise OSError(f'the video {video.name} cannot be read')
    finally:
        capture.release()

"""Videos that browsers play: H.264, 4:2:0, the index first."""

import logging
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from mmengine.logging import print_log

try:
    import av
except ImportError:
    av = None

ENDINGS = ('.mp4', '.m4v', '.mov', '.mkv')
# Our choice: hardly any loss that can be seen, at the speed of the model.
QUALITY = dict(crf='18', preset='veryfast')
# Frame rates are fractions, such as 30000/1001 for 29.97.
LARGEST_DENOMINATOR = 1001


def check_ending(out: Path) -> None:
    """Raise ValueError if a file's ending is of no video that can be written."""
    if out.suffix.lower() not in ENDINGS:
        raise ValueError(f'cannot write {out}; its ending must be one of {ENDINGS}')


class VideoWriter:
    """Write frames; an odd side gets its last line twice, since 4:2:0 needs even ones.

    Without PyAV OpenCV writes MPEG-4, which browsers do not play; a warning says so.

    Args:
        out: File, with one of :data:`ENDINGS`.
        fps: Frames per second.

    Raises:
        ValueError: If the file cannot be written.
    """

    def __init__(self, out: Path, fps: float) -> None:
        check_ending(out)
        self.out, self.fps = out, fps
        self.size: tuple[int, int] | None = None  # of the first frame
        if av is None:
            print_log(
                f'{out} will not play in browsers: PyAV is missing '
                '(pip install "av>=14.2")',
                logger='current',
                level=logging.WARNING,
            )

    def write(self, frame: np.ndarray) -> None:
        """Add a frame (H, W, 3) uint8 BGR; a later one of another size is resized."""
        if self.size is None:
            self._open(frame.shape[1], frame.shape[0])
            self.size = frame.shape[1], frame.shape[0]
        if frame.shape[1::-1] != self.size:
            frame = cv2.resize(frame, self.size)
        width, height = self.size
        frame = cv2.copyMakeBorder(
            frame, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE
        )
        if av is None:
            self.writer.write(frame)
        else:
            self._encode(av.VideoFrame.from_ndarray(frame, format='bgr24'))

    def __enter__(self) -> 'VideoWriter':
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file."""
        if self.size is None:
            return
        if av is None:
            self.writer.release()
        else:
            if kind is None:
                self._encode(None)
            self.container.close()

    def _open(self, width: int, height: int) -> None:
        width, height = width + width % 2, height + height % 2
        if av is None:
            codec = cv2.VideoWriter_fourcc(*'mp4v')
            self.writer = cv2.VideoWriter(
                str(self.out), codec, self.fps, (width, height)
            )
            if not self.writer.isOpened():
                raise ValueError(f'cannot write {self.out}')
            return
        rate = Fraction(self.fps).limit_denominator(LARGEST_DENOMINATOR)
        try:
            self.container = av.open(
                str(self.out), 'w', options=dict(movflags='faststart')
            )
            self.stream = self.container.add_stream(
                'libx264', rate=rate, options=QUALITY
            )
            self.stream.width, self.stream.height = width, height
            self.stream.pix_fmt = 'yuv420p'
            self.container.start_encoding()  # else a bad path is found at the end
        except (OSError, ValueError) as error:
            raise ValueError(f'cannot write {self.out}: {error}') from error

    def _encode(self, frame: object) -> None:
        """Encode a frame; None: what is left."""
        for packet in self.stream.encode(frame):
            self.container.mux(packet)

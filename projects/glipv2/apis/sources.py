"""What a command line may name: images, videos, cameras, streams."""

import mimetypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from .images import ADDRESS, GivenImage, list_images

STREAM_SCHEMES = ('rtsp', 'rtsps', 'rtmp', 'rtp', 'udp', 'tcp', 'srt')
# Python's table lacks them.
VIDEO_ENDINGS = ('.mkv', '.m4v', '.wmv', '.flv', '.ts', '.m3u8', '.webm')
VIDEO_TYPES = ('video/', 'multipart/x-mixed-replace', 'application/vnd.apple.mpegurl')
WAIT = 10  # for an address, s; our choice


@dataclass(frozen=True)
class GivenVideo:
    """A video file, camera or stream that a user gave.

    Args:
        name: As the user gave it.
        source: Path or address, or the number of a camera.
        error: Why there is none.
    """

    name: str
    source: str | int
    error: str | None = None


def list_sources(inputs: Iterable[str]) -> Iterator[GivenImage | GivenVideo]:
    """Find out what the arguments of a command are.

    Args:
        inputs: Paths, folders, patterns, addresses, numbers of cameras.

    Yields:
        The images, videos, cameras and streams, in order. What is missing has an
        error.
    """
    for item in inputs:
        if Path(item).exists():
            is_video = Path(item).is_file() and _is_video_file(item)
        elif item.isascii() and item.isdigit():
            yield GivenVideo(item, int(item))
            continue
        elif ADDRESS.match(item):
            is_video = _is_video_address(item)
        else:
            is_video = _is_video_file(item) and not any(x in item for x in '*?[')
            if is_video:
                yield GivenVideo(item, item, f'the video {item} does not exist')
                continue
        if is_video:
            yield GivenVideo(item, item)
        else:
            yield from _images_of(item)


def _images_of(item: str) -> Iterator[GivenImage]:
    try:
        for image in list_images(item):
            path = str(image.source)
            missing = not ADDRESS.match(path) and not Path(path).exists()
            error = f'the image {path} does not exist' if missing else None
            yield GivenImage(path, image.source, error=error)
    except ValueError as error:
        yield GivenImage(item, None, error=str(error))


def _is_video_file(path: str) -> bool:
    kind, _ = mimetypes.guess_type(path)
    if Path(path).suffix.lower() in VIDEO_ENDINGS:
        return True
    return (kind or '').startswith('video/')


def _is_video_address(address: str) -> bool:
    """Tell a stream from an image by its scheme, or by what the server says."""
    parts = urlsplit(address)
    if parts.scheme.lower() in STREAM_SCHEMES or _is_video_file(parts.path):
        return True
    if parts.scheme.lower() not in ('http', 'https'):
        return False
    try:
        with urlopen(address, timeout=WAIT) as answer:
            kind = answer.headers.get_content_type()
    except (URLError, OSError, ValueError):
        return False  # reading the image says why
    return kind.startswith(VIDEO_TYPES)

"""Whether an encoded image ends where its file does."""

import io

import cv2
import numpy as np
from PIL import Image

JPEG_START, JPEG_END = b'\xff\xd8', b'\xff\xd9'
JPEG_SCAN = 0xDA
JPEG_SEQUENTIAL = (0xC0, 0xC1)  # frames of a single scan, or of one per colour
PNG_START, PNG_END = b'\x89PNG\r\n\x1a\n', b'IEND\xaeB`\x82'
PNG_LAST_CHUNK = bytes(4) + PNG_END
# Two continuations of cut off data that decode to different pixels.
TAILS = (JPEG_END, b'\xaa' * 256 + JPEG_END)


def is_truncated(content: bytes) -> bool:
    """Check whether an encoded image lacks its end, without decoding it.

    Args:
        content: The bytes of a file.

    Returns:
        Whether a JPEG, PNG or WebP lacks its end, or the file is empty; False for
        other formats.
    """
    if content.startswith(JPEG_START):
        scan = _segments(content).get(JPEG_SCAN, -1)
        return scan < 0 or content.rfind(JPEG_END) < scan
    if content.startswith(PNG_START):
        return PNG_END not in content
    if content[:4] == b'RIFF' and content[8:12] == b'WEBP':
        return len(content) < 8 + int.from_bytes(content[4:8], 'little')
    return len(content) == 0


def with_its_end(content: bytes) -> bytes | None:
    """Complete an image that lacks its end mark, but no pixel.

    Some programs and broken copies leave the mark out. A progressive JPEG is taken as
    truncated: its missing scans would not be noticed.

    Args:
        content: The bytes of a file.

    Returns:
        The bytes, with the mark if it was missing; None: pixels are missing.
    """
    if not is_truncated(content):
        return content
    try:
        if content.startswith(JPEG_START) and _is_one_scan(content):
            # Half a mark may be there.
            body = content[:-1] if content.endswith(b'\xff') else content
            one, other = (
                cv2.imdecode(np.frombuffer(body + tail, np.uint8), cv2.IMREAD_COLOR)
                for tail in TAILS
            )
            same = one is not None and other is not None and np.array_equal(one, other)
            return body + JPEG_END if same else None
        if content.startswith(PNG_START):
            whole = content + PNG_LAST_CHUNK
            with Image.open(io.BytesIO(whole), formats=('PNG',)) as image:
                image.load()
            return whole
    except Exception:  # decoders raise many types
        return None
    return None


def _is_one_scan(content: bytes) -> bool:
    """Check that the first scan of a JPEG has all its colours."""
    segments = _segments(content)
    scan = segments.get(JPEG_SCAN, -1)
    frames = [segments[marker] for marker in JPEG_SEQUENTIAL if marker in segments]
    if scan < 0 or not frames or len(content) < scan + 5:
        return False
    return content[scan + 4] == content[frames[0] + 9]


def _segments(content: bytes) -> dict[int, int]:
    """Find the segments of a JPEG up to the image: their places by marker.

    A thumbnail in one of them has its own end mark. Bytes between segments are passed
    over, as decoders do.
    """
    places = {}
    position = content.find(b'\xff', len(JPEG_START))
    while position >= 0 and position + 4 <= len(content):
        marker = content[position + 1]
        if marker in (0x00, 0xFF):
            position = content.find(b'\xff', position + 1)
            continue
        places[marker] = position
        if marker == JPEG_SCAN:
            break
        length = int.from_bytes(content[position + 2 : position + 4], 'big')
        position = content.find(b'\xff', position + 2 + length)
    return places

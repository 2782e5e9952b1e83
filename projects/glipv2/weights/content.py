"""Size and hash of a file, read piece by piece."""

import hashlib
from pathlib import Path

from ..progress import working

CHUNK = 1 << 20  # bytes


def content_of(path: Path) -> tuple[int, str]:
    """Measure a file.

    Args:
        path: The file.

    Returns:
        Its bytes, and its SHA-256, hexadecimal.
    """
    digest, size = hashlib.sha256(), 0
    with working(f'Hashing {path.name}'), open(path, 'rb') as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()

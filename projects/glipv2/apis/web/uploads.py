"""The folder of uploads: which files are clients' own, and how much it may hold."""

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

FOLDER = 'GRADIO_TEMP_DIR'  # gradio's environment variable
UNITS = {'': 1, 'b': 1, 'kb': 1024, 'mb': 1024**2, 'gb': 1024**3}


def make_upload_folder() -> Path:
    """Make a folder that no other user of the machine can read; removed at the end.

    Returns:
        The folder; the one that ``GRADIO_TEMP_DIR`` names, if it is set.
    """
    if FOLDER not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix='glipv2-page-')
        atexit.register(shutil.rmtree, os.environ[FOLDER], ignore_errors=True)
    return Path(os.environ[FOLDER]).resolve()


def is_upload(path: object, folder: Path) -> bool:
    """Tell whether a client's word for a file names one in the upload folder.

    Args:
        path: Anything that a client sent.
        folder: Of :func:`make_upload_folder`.

    Returns:
        False for addresses, other folders, links out of the folder and missing files.
    """
    try:
        real = Path(path).resolve(strict=True)
        return real.is_relative_to(folder) and real.is_file()
    except (TypeError, ValueError, OSError, RuntimeError):
        return False


def stored_bytes(folder: Path) -> int:
    """Sum up the sizes of the files of a folder."""
    total = 0
    for root, _, files in os.walk(folder):
        for file in files:
            try:
                total += os.lstat(os.path.join(root, file)).st_size
            except FileNotFoundError:  # removed meanwhile
                continue
    return total


def bytes_of(size: str | int) -> int:
    """Read a size such as ``'20mb'``.

    Raises:
        ValueError: If it is none.
    """
    match = re.fullmatch(r'\s*(\d+)\s*([a-z]*)\s*', str(size).lower())
    if match is None or match[2] not in UNITS or not int(match[1]):
        raise ValueError(f"the size {size!r} is no size such as '20mb' or '500kb'")
    return int(match[1]) * UNITS[match[2]]

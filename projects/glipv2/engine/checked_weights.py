"""Weights that a run starts from: found by name, address or path, and read safely."""

from pathlib import Path
from urllib.parse import urlparse

import torch
from mmengine.runner import CheckpointLoader

from ..checkpoint.loading import load_checkpoint_safely
from ..checkpoint.release_file import SUFFIX
from ..progress import working
from ..shipped import weights_file

# Whatever mmengine reads, but for what it or torchvision publishes: modelzoo://,
# torchvision://, open-mmlab://, openmmlab:// and mmcls://.
SCHEMES = (
    '', 'http://', 'https://', 'pavi://', r'(\S+\:)?s3://', r'(\S+\:)?petrel://',
)  # fmt: skip


def check_all_weights() -> None:
    """Let mmengine read every file safely from now on, in whatever part of a run.

    Its runners, its strategies and ``init_cfg=dict(type='Pretrained', ...)`` have one
    reader, which falls back to unpickling code.
    """
    CheckpointLoader.register_scheme(SCHEMES, load_from_checked_file, force=True)


@CheckpointLoader.register_scheme(rf'.*\{SUFFIX}$', force=True)
def load_from_checked_file(source: str, map_location: object = None) -> dict:
    """Read a checkpoint where mmengine reads it.

    Args:
        source: A path, a name or an address.
        map_location: Not used: the content is on the CPU.

    Returns:
        The checkpoint.

    Raises:
        FileNotFoundError: If a file is missing (says how a name's weights are had).
        ValueError: If it is damaged, needs pickled code or cannot be checked.
    """
    return load_checkpoint_safely(local_copy(source))


def local_copy(source: str) -> Path:
    """Find a checkpoint's file; a download goes where mmengine looks first.

    Args:
        source: A path, a name or an address.

    Returns:
        The file, which may be missing.

    Raises:
        OSError: If it cannot be fetched (says where to put it).
        ValueError: If it cannot be checked where it is.
    """
    if source.startswith(('http://', 'https://')):
        file = Path(
            torch.hub.get_dir(), 'checkpoints', Path(urlparse(source).path).name
        )
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                with working(f'Fetching {source}'):
                    torch.hub.download_url_to_file(source, str(file), progress=False)
            except OSError as error:
                raise OSError(
                    f'{source} cannot be fetched ({error}); fetch it on another '
                    f'machine and put it at {file}'
                ) from error
        return file
    if '://' in source:
        raise ValueError(
            f'{source} cannot be checked before it is read; download it, and give the '
            'file'
        )
    return weights_file(source)

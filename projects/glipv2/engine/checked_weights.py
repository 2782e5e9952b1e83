"""Weights that a run starts from: found by name, address or path, and read safely."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import torch
from mmengine.model import PretrainedInit
from torch import nn

from ..checkpoint.loading import load_checkpoint_safely
from ..shipped import weights_file

# What mmengine turns into addresses of files that it or torchvision publishes.
MODEL_ZOOS = (
    'modelzoo://', 'torchvision://', 'open-mmlab://', 'openmmlab://', 'mmcls://',
)  # fmt: skip


def check_initial_weights(model: nn.Module) -> None:
    """Check the files that ``init_weights`` reads, and put them in names' places.

    Those of model zoos (``torchvision://``, ...) are left to mmengine.

    Args:
        model: Whose parts may have ``init_cfg=dict(type='Pretrained', ...)``; changed,
            as mmengine knows no names.

    Raises:
        FileNotFoundError: If a file is missing (says how a name's weights are had).
        ValueError: If one is damaged, needs pickled code or cannot be checked.
    """
    checked = set()
    for init in _initial_weights(model):
        file = local_copy(str(init['checkpoint']))
        if file not in checked:
            load_checkpoint_safely(file)
        checked.add(file)
        init['checkpoint'] = str(file)


def local_copy(source: str) -> Path:
    """Find a checkpoint's file; a download goes where mmengine looks first.

    Args:
        source: A path, a name or an address.

    Returns:
        The file, which may be missing.

    Raises:
        ValueError: If it cannot be checked where it is.
    """
    if source.startswith(('http://', 'https://')):
        file = Path(
            torch.hub.get_dir(), 'checkpoints', Path(urlparse(source).path).name
        )
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(source, str(file), progress=False)
        return file
    if '://' in source:
        raise ValueError(
            f'{source} cannot be checked before it is read; download it, and give the '
            'file'
        )
    return weights_file(source)


def _initial_weights(model: nn.Module) -> Iterator[dict]:
    for module in model.modules():
        settings = getattr(module, 'init_cfg', None) or ()
        for each in [settings] if isinstance(settings, dict) else settings:
            if each['type'] in ('Pretrained', PretrainedInit) and not str(
                each['checkpoint']
            ).startswith(MODEL_ZOOS):
                yield each

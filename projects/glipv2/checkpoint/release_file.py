"""Released weights: one safetensors file with the model's config in its header."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

SUFFIX = '.safetensors'
# Names in the header, beside torch's own `format`.
CONFIG, LEFT_OUT = 'config', 'left_out'


def write_release(
    path: str | Path,
    state: Mapping[str, Tensor],
    config: str,
    half: bool = False,
    leave_out: Iterable[str] = (),
) -> None:
    """Write weights and the config that they need, or nothing at all.

    Args:
        path: The file, ``.safetensors``.
        state: The state dict.
        config: mmengine's config as Python text.
        half: Whether float32 weights are stored as float16.
        leave_out: Prefixes of weights that come from an installed package instead; a
            hash of theirs is stored, so that no others take their place.
    """
    prefixes = tuple(leave_out)
    left_out = {
        prefix: hash_weights(
            {k[len(prefix) :]: v for k, v in state.items() if k.startswith(prefix)}
        )
        for prefix in prefixes
    }
    kept = {
        key: (value.half() if half and value.dtype == torch.float32 else value)
        .detach()
        .cpu()
        .contiguous()
        .clone()  # weights that are tied share memory, which the format refuses
        for key, value in state.items()
        if not (prefixes and key.startswith(prefixes))
    }
    header = {'format': 'pt', CONFIG: config, LEFT_OUT: json.dumps(left_out)}
    part = Path(f'{path}.part')
    save_file(kept, part, header)
    part.replace(path)


def read_release(path: str | Path) -> dict:
    """Read a released file; plain safetensors without a config can be read, too.

    Args:
        path: The file.

    Returns:
        ``state_dict``, and ``meta`` with ``cfg`` (the config's text, if there is one)
        and ``left_out`` (hash by prefix), as in mmengine's checkpoints.

    Raises:
        ValueError: If the file is damaged or no safetensors file.
    """
    try:
        with safe_open(path, 'pt') as file:
            header = file.metadata() or {}
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        left_out = json.loads(header.get(LEFT_OUT, '{}'))
        if not isinstance(left_out, dict):
            raise ValueError(f'its {LEFT_OUT} is {left_out!r}')
    except (SafetensorError, ValueError, OSError) as error:
        raise ValueError(
            f'{path} is damaged or no safetensors file ({error}): copy it again'
        ) from error
    meta: dict = dict(left_out=left_out)
    if CONFIG in header:
        meta['cfg'] = header[CONFIG]
    return dict(state_dict=state, meta=meta)


def hash_weights(state: Mapping[str, Tensor]) -> str:
    """Hash weights by name and value.

    Args:
        state: A state dict.

    Returns:
        The sha256, hexadecimal.
    """
    digest = hashlib.sha256()
    for key in sorted(state):
        digest.update(key.encode())
        digest.update(state[key].detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()

"""Released weights: one safetensors file with the model's config in its header."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..whole_file import give_name, part_of

SUFFIX = '.safetensors'
# Names in the header, beside torch's own `format`: the config's text, and JSON with
# what else belongs to the weights.
CONFIG, META = 'config', 'meta'


def write_release(
    path: str | Path,
    state: Mapping[str, Tensor],
    config: str | None,
    half: bool = False,
    leave_out: Iterable[str] = (),
    **meta: object,
) -> None:
    """Write weights and the config that they need, or nothing at all.

    Args:
        path: The file, ``.safetensors``.
        state: The state dict.
        config: mmengine's config as Python text; None: weights of a part.
        half: Whether float32 weights are stored as float16.
        leave_out: Prefixes of weights that come from an installed package instead; a
            hash of theirs is stored, so that no others take their place.
        **meta: Plain data that belongs to the weights, such as ``calibration``.
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
    _save(path, kept, config, dict(meta, left_out=left_out))


def read_release(path: str | Path) -> dict:
    """Read a released file; plain safetensors without a config can be read, too.

    Args:
        path: The file.

    Returns:
        ``state_dict``, and ``meta`` as in mmengine's checkpoints: ``cfg`` (the config's
        text, if there is one), ``left_out`` (hash by prefix) and other plain data.

    Raises:
        ValueError: If the file is damaged or no safetensors file.
    """
    with _opened(path) as file:
        meta = _meta_of(file)
        state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    return dict(state_dict=state, meta=meta)


def read_meta(path: str | Path) -> dict:
    """Read what a released file says of itself, without its weights.

    Args:
        path: The file.

    Returns:
        ``meta`` of :func:`read_release`.

    Raises:
        ValueError: If the file is damaged or no safetensors file.
    """
    with _opened(path) as file:
        return _meta_of(file)


def write_again(path: str | Path, state: dict[str, Tensor], meta: Mapping) -> None:
    """Write what :func:`read_release` read, with other plain data.

    Args:
        path: The file.
        state: Its weights.
        meta: Its data.

    Raises:
        ValueError: If there is no config in it.
    """
    if 'cfg' not in meta:
        raise ValueError(f'{path} would carry no config, so it is no released file')
    kept = {key: value for key, value in meta.items() if key != 'cfg'}
    _save(path, state, meta['cfg'], kept)


@contextmanager
def _opened(path: str | Path) -> Iterator[safe_open]:
    try:
        with safe_open(path, 'pt') as file:
            yield file
    except (SafetensorError, ValueError, OSError) as error:
        raise ValueError(
            f'{path} is damaged or no safetensors file ({error}): copy it again'
        ) from error


def _meta_of(file: safe_open) -> dict:
    header = file.metadata() or {}
    meta = json.loads(header.get(META, '{}'))
    if not isinstance(meta, dict) or not isinstance(meta.get('left_out', {}), dict):
        raise ValueError(f'its {META} is {meta!r}')
    if CONFIG in header:
        meta['cfg'] = header[CONFIG]
    return meta


def _save(
    path: str | Path, state: dict[str, Tensor], config: str | None, meta: Mapping
) -> None:
    part = part_of(Path(path))
    header = {'format': 'pt', META: json.dumps(meta)}
    if config is not None:
        header[CONFIG] = config
    try:
        save_file(state, part, header)
        give_name(part, Path(path))
    except (OSError, SafetensorError):
        part.unlink(missing_ok=True)
        raise


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

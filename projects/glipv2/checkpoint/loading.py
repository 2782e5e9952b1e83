"""Safe reading of checkpoints, and checks that they fit a model."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from pickle import UnpicklingError

from mmengine.logging import print_log
from torch import Tensor, nn

from ..shipped import weights_file
from ..weights.table import how_to_get, index_models, releases
from .permitted_types import read_plain
from .release_file import SUFFIX, read_release
from .whole_files import check_record

SHOWN_KEYS = 5
ENDINGS = ('.pth', SUFFIX)
# Parts without which a model does the rest of its tasks alike.
OPTIONAL = ('_head', '_loss')
EXAMPLE_READER = 'text_encoder.example_reader'
# A dotted Python name; a text file that begins with "c" would give half a sentence.
_FORBIDDEN = re.compile(r'GLOBAL ([^\W\d]\w*(?:\.[^\W\d]\w*)+)(?: was | whose |$)')


def load_checkpoint_safely(path: str | Path) -> dict:
    """Read a checkpoint of tensors and plain data.

    Where mmengine's reader falls back to unpickling code, this one refuses.

    Args:
        path: A ``.pth`` or ``.safetensors`` file, or the name of shipped weights.

    Returns:
        The checkpoint, on the CPU.

    Raises:
        FileNotFoundError: If there is no such file (names the others in its folder).
        ValueError: If the file is damaged, not a checkpoint, or holds pickled code.
    """
    path = weights_file(path)
    if not path.is_file():
        raise FileNotFoundError(f'there is no checkpoint {path}{_hint_at(path)}')
    is_compared = check_record(path)
    if path.suffix == SUFFIX:
        return read_release(path)
    try:
        checkpoint = read_plain(path, is_compared)
    except UnpicklingError as error:
        found = _FORBIDDEN.search(str(error))
        if found is None:
            raise ValueError(f'{path} is no checkpoint or is damaged') from error
        raise ValueError(
            f'{path} is refused: it holds pickled code ({found.group(1)}), which would '
            'run while it is read. Save it again as a plain state dict'
        ) from error
    except (RuntimeError, OSError) as error:
        raise ValueError(
            f'{path} is damaged or no checkpoint ({path.stat().st_size} bytes): '
            'copy it again'
        ) from error
    if not isinstance(checkpoint, dict):
        raise ValueError(
            f'{path} holds a {type(checkpoint).__name__}, but a state dict is needed'
        )
    return checkpoint


def _hint_at(path: Path) -> str:
    """Say how published weights are had, or which checkpoints are beside a name."""
    if len(path.parts) == 1:
        how = how_to_get(path.name)
        close = get_close_matches(path.name.lower(), {**index_models(), **releases()})
        if how or close:
            return f'; {how or "similar names: " + ", ".join(close)}'
    beside = sorted(p.name for p in path.parent.glob('*') if p.suffix in ENDINGS)
    listed = ', '.join(beside[:SHOWN_KEYS])
    return f'; {path.parent} has {listed}' if listed else ''


def state_dict_of(checkpoint: Mapping) -> dict[str, Tensor]:
    """Take the weights out of a checkpoint.

    Args:
        checkpoint: A checkpoint of mmengine's, or a plain state dict.

    Returns:
        The state dict, without a distributed wrapper's prefix.
    """
    state = checkpoint.get('state_dict', checkpoint)
    return {re.sub(r'^module\.', '', key): value for key, value in state.items()}


def fitting_state(
    model: nn.Module, state: Mapping[str, Tensor], allow_partial: bool = False
) -> dict[str, Tensor]:
    """Take what a model loads of weights that may have parts for more tasks.

    Args:
        model: The model.
        state: Weights, with parts that the model may lack and gives the same results
            without: heads (``vqa_head.*``), losses, what reads examples. These are
            left out, in one line.
        allow_partial: As :func:`check_state_dict`.

    Returns:
        The state dict without these parts.

    Raises:
        ValueError: If the rest does not fit (names counts and the first keys).
    """
    parts = {part for key in state if (part := _optional_part(key)) is not None}
    lacking = sorted(parts - {name for name, _ in model.named_modules()})
    if lacking:
        state = {k: v for k, v in state.items() if _optional_part(k) not in lacking}
    check_state_dict(model, state, allow_partial)
    if lacking:
        print_log(
            f'the model has no {", no ".join(lacking)}: left out of the weights',
            logger='current',
        )
    return dict(state)


def _optional_part(key: str) -> str | None:
    """Name the part of a key that models may lack; None: it has to be there."""
    part = key.partition('.')[0]
    if part.endswith(OPTIONAL):
        return part
    return EXAMPLE_READER if key.startswith(f'{EXAMPLE_READER}.') else None


def check_state_dict(
    model: nn.Module, state: Mapping[str, Tensor], allow_partial: bool = False
) -> None:
    """Check that weights fit a model, before any is copied.

    Args:
        model: The model.
        state: The weights to load.
        allow_partial: Whether keys may be missing or unexpected. Some must match,
            and the shapes of those that do.

    Raises:
        ValueError: If they do not fit (names counts and the first keys of each kind).
    """
    own = model.state_dict()
    common = own.keys() & state.keys()
    shapes = [
        f'{key} ({tuple(state[key].shape)}, the model has {tuple(own[key].shape)})'
        for key in own
        if key in common and own[key].shape != state[key].shape
    ]
    missing = [key for key in own if key not in common]
    unexpected = [key for key in state if key not in common]
    fits = not shapes and bool(common)
    if fits and (allow_partial or not (missing or unexpected)):
        return
    kinds = (
        ('of another shape', shapes),
        ('missing', missing),
        ('unexpected', unexpected),
    )
    details = '; '.join(_listed(kind, keys) for kind, keys in kinds if keys)
    raise ValueError(
        f'the checkpoint is of another model: {len(common)} of {len(own)} keys match. '
        f'{details}'
    )


def _listed(kind: str, keys: Sequence[str]) -> str:
    more = ', ...' if len(keys) > SHOWN_KEYS else ''
    return f'{len(keys)} {kind}: {", ".join(keys[:SHOWN_KEYS])}{more}'

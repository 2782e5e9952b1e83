"""Calibrations that are stored with weights."""

from collections.abc import Mapping
from pathlib import Path

from ..shipped import weights_file
from .loading import load_checkpoint_safely
from .release_file import SUFFIX, write_again
from .whole_files import save_whole

KEY = 'calibration'


def add_calibration(source: Path, target: Path, calibration: Mapping) -> None:
    """Copy a checkpoint with a calibration in its ``meta``.

    Args:
        source: ``.pth`` or ``.safetensors``, or the name of shipped weights.
        target: The file to write, of the same kind.
        calibration: Plain data, of ``Calibration.to_dict``.

    Raises:
        FileNotFoundError: If there is no checkpoint.
        ValueError: If it is damaged, a released file without a config, or the endings
            differ.
    """
    source = weights_file(source)
    if source.suffix != target.suffix:
        raise ValueError(f'{target} must end with {source.suffix}, as {source} does')
    checkpoint = load_checkpoint_safely(source)
    meta = dict(checkpoint.get('meta', {}), **{KEY: dict(calibration)})
    if source.suffix == SUFFIX:
        write_again(target, checkpoint['state_dict'], meta)
    else:
        save_whole(target, dict(checkpoint, meta=meta))


def calibration_of(checkpoint: Mapping) -> dict | None:
    """Take the calibration out of a checkpoint, if it has one."""
    found = checkpoint.get('meta', {}).get(KEY)
    return dict(found) if isinstance(found, Mapping) else None

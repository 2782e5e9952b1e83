"""Settings and results of a check; waiting for a device and reading its memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ..measure import own_peak

MEGABYTE = 1 << 20


class CannotRunError(Exception):
    """Why a part cannot run here, as a sentence."""


@dataclass(frozen=True)
class Settings:
    """Settings of all parts.

    Args:
        device: Such as ``'cuda:0'``.
        quick: Whether the largest models and most steps are left out.
        data: Folder of EmojiScenes; None: one is made, and removed at the end.
    """

    device: str
    quick: bool = False
    data: Path | None = None

    @property
    def self_test(self) -> bool:
        """Whether the CPU replaces the GPU, with small models."""
        return self.device == 'cpu'


@dataclass(frozen=True)
class Findings:
    """What a part found.

    Args:
        rows: Of its table: figures by column.
        passed: Whether the results are right; None: nothing to judge.
        notes: Sentences for below the table.
    """

    rows: Sequence[Mapping[str, object]]
    passed: bool | None = None
    notes: Sequence[str] = ()


def finish(device: str) -> None:
    """Wait until the device is idle."""
    if device != 'cpu':
        torch.cuda.synchronize(device)


def finishing(run: Callable[[], object], device: str) -> Callable[[], None]:
    """Make a call that returns when its work on the device is done."""

    def call() -> None:
        run()
        finish(device)

    return call


def peak_memory(run: Callable[[], object], device: str) -> float:
    """Measure the peak memory of a call.

    Returns:
        Megabytes (2**20 bytes): of tensors on a GPU; on the CPU the most that the
        process ever had.
    """
    if device == 'cpu':
        run()
        return own_peak()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    finishing(run, device)()
    return torch.cuda.max_memory_allocated(device) / MEGABYTE

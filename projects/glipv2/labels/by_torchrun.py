"""Processes that torchrun started for a labelling job."""

import os
from datetime import timedelta

import torch.distributed as dist


class Ranks:
    """This process among those that torchrun started; the only one without torchrun."""

    def __init__(self) -> None:
        self.rank = int(os.environ.get('RANK', 0))
        self.count = int(os.environ.get('WORLD_SIZE', 1))
        if self.count > 1 and not dist.is_initialized():
            # They wait for each other only at the end, which may take days.
            dist.init_process_group('gloo', timeout=timedelta(days=30))

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.count > 1:
            dist.barrier()

    def device(self, device: str | None) -> str | None:
        """Choose this process's device.

        Args:
            device: As for all; ``'cuda'``: a GPU for each.
        """
        if device == 'cuda':
            return f'cuda:{os.environ.get("LOCAL_RANK", 0)}'
        return device

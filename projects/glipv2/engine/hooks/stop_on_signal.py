"""StopOnSignal: a run that is asked to stop saves a checkpoint and ends.

Clusters send SIGTERM some time before they kill; Slurm's ``--signal`` sends SIGUSR1.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import islice
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from types import FrameType

import torch
import torch.distributed as dist
from mmdet.registry import HOOKS
from mmengine.device import get_device
from mmengine.dist import is_distributed
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner
from torch.utils.data import DataLoader

from .keep_checkpoints import KeepCheckpoints

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)
STOPPED = 143  # exit code of a run to be resumed: a shell's for SIGTERM
_asked: list[int] = []
_interrupts: list[int] = []
_runs: list[int] = []  # one entry while signals are kept


def _leave_interrupts_to_parent() -> None:
    # Ctrl-C reaches all processes. A worker that ends by it may be reported as dead
    # before the parent, which ends them all, has heard of it.
    if _runs:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


os.register_at_fork(after_in_child=_leave_interrupts_to_parent)


@contextmanager
def stop_requests() -> Iterator[None]:
    """Keep the signals for :class:`StopOnSignal`, and from the loader's workers.

    A blocked signal waits until it is asked for. Processes that start meanwhile inherit
    that: a worker killed by the cluster's signal would end the run before it can save.
    Nor can such a worker be terminated, for which Python would wait for ever when it
    ends; so the workers that are left in the end are killed.
    """
    _asked.clear()
    _runs.append(os.getpid())
    others = set(active_children())
    # A thread that is there already may get the signal in spite of it.
    before = {each: signal.signal(each, _note) for each in SIGNALS}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, _interrupt)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        _runs.pop()
        _interrupts.clear()
        _kill_workers(set(active_children()) - others)
        for each in signal.sigpending() & set(SIGNALS):
            signal.sigwait({each})
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for each, handler in before.items():
            signal.signal(each, handler)


def stop_requests_of(runner: Runner) -> AbstractContextManager:
    """Keep the signals while a runner trains, if it has a hook that answers them.

    Else they end the process at once, as they do without this package: nothing would
    ever ask for a signal that is kept.

    Args:
        runner: Built, not yet training.
    """
    answers = any(isinstance(hook, StopOnSignal) for hook in runner.hooks)
    return stop_requests() if answers else nullcontext()


def _kill_workers(children: set[BaseProcess]) -> None:
    # The loader's own handler would report each as an error.
    handler = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    workers = [each for each in children if each.daemon]
    for worker in workers:
        worker.kill()
    for worker in workers:
        worker.join()
    signal.signal(signal.SIGCHLD, handler)


def _note(number: int, frame: FrameType | None) -> None:
    _asked.append(number)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # Python drops an error that is raised in a destructor, such as that of a loader at
    # the end of an epoch: the hook raises it again.
    _interrupts.append(number)
    raise KeyboardInterrupt


def _is_asked() -> bool:
    return bool(_asked or signal.sigpending() & set(SIGNALS))


@HOOKS.register_module()
class StopOnSignal(Hook):
    """Saves a checkpoint after the step in which a signal comes, and ends the run.

    In several processes one that is asked suffices; all stop one step later. A run of
    epochs that is resumed within one leaves out the batches that it has seen.
    """

    priority = 'LOWEST'  # after all that a step changes

    def __init__(self) -> None:
        self._of_all: torch.Tensor | None = None

    def before_train_epoch(self, runner: Runner) -> None:
        """Leave out the batches before the checkpoint."""
        loop = runner.train_loop
        if isinstance(loop, EpochBasedTrainLoop):
            seen = runner.iter - runner.epoch * len(loop.dataloader)
            if seen > 0:
                loop.dataloader = _Rest(loop.dataloader, seen)

    def after_train_epoch(self, runner: Runner) -> None:
        """Give the next epoch all batches again."""
        loop = runner.train_loop
        if isinstance(loop.dataloader, _Rest):
            loop.dataloader = loop.dataloader.whole

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Save and stop if a process was asked to.

        Raises:
            SystemExit: With code 143.
            KeyboardInterrupt: After Ctrl-C that nothing has answered.
        """
        if _interrupts:
            raise KeyboardInterrupt
        if not self._is_any_asked():
            return
        keeper = next(x for x in runner.hooks if isinstance(x, KeepCheckpoints))
        path = keeper.save_now(runner)
        runner.logger.warning(
            f'stopped by a signal after step {runner.iter + 1}; {path} is saved, go on '
            'with --resume'
        )
        raise SystemExit(STOPPED)

    def _is_any_asked(self) -> bool:
        if not is_distributed():
            return _is_asked()
        # The last step's answer is there without waiting for it.
        found = self._of_all is not None and bool(self._of_all.item())
        device = get_device() if dist.get_backend() == 'nccl' else 'cpu'
        self._of_all = torch.tensor(int(_is_asked()), device=device)
        dist.all_reduce(self._of_all, dist.ReduceOp.MAX)
        return found


class _Rest:
    """The batches of an epoch after the first ones.

    They are loaded all the same, as mmengine does for runs of steps: augmentations go
    on where they were.
    """

    def __init__(self, whole: DataLoader, seen: int) -> None:
        self.whole = whole
        self.seen = seen

    def __iter__(self) -> Iterator:
        return islice(iter(self.whole), self.seen, None)

    def __len__(self) -> int:
        return len(self.whole)

    def __getattr__(self, name: str) -> object:
        return getattr(self.whole, name)

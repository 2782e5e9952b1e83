"""Processes of a pool that do not outlive the one that started them."""

import multiprocessing
import os
import signal
from threading import Thread


def end_with_parent() -> None:
    """Let a process that multiprocessing started end when its parent is gone.

    A pool's process waits for work for ever if the one that would give it was killed.
    """
    Thread(target=_wait_and_end, daemon=True).start()


def _wait_and_end() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGKILL)

"""A forked child ends as an interpreter does: what it said is there."""

import signal
import threading
from pathlib import Path

from glipv2.benchmarks.faults.child import code_of, start


def test_what_is_said_is_kept_though_the_end_fails(tmp_path: Path) -> None:
    """As when the system tells of a dead worker while Python waits for threads."""

    def tell(*_: object) -> None:
        raise RuntimeError('a worker is dead')

    def work() -> None:
        signal.signal(signal.SIGALRM, tell)
        threading._register_atexit(signal.raise_signal, signal.SIGALRM)
        raise SystemExit('what the user has to know')

    assert code_of(start(work, tmp_path / 'said.txt')) == 1
    said = (tmp_path / 'said.txt').read_text()
    assert 'what the user has to know' in said
    assert 'a worker is dead' in said

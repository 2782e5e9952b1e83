"""What every test gets: no network, a fixed seed, one thread, a clean torch state.

OMP_NUM_THREADS sets another number of threads.
"""

import os

# Read when torch and transformers are imported, and inherited by child processes.
os.environ.setdefault('OMP_NUM_THREADS', '1')
os.environ.setdefault('HF_HUB_OFFLINE', '1')
# Hundreds of child processes import the package: it is compiled once.
os.environ.pop('PYTHONDONTWRITEBYTECODE', None)

import ipaddress
import random
import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope

if TYPE_CHECKING:
    from tests.strict_operators import Calls

torch.set_num_threads(int(os.environ['OMP_NUM_THREADS']))


def is_local(connection: socket.socket, address: Any) -> bool:
    """Tell whether an address is on this machine.

    Args:
        connection: The socket that is to be connected.
        address: What it is to be connected to; (host, port, ...) for internet sockets.

    Returns:
        Whether the socket is no internet socket or the host is a loopback address.
    """
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return True
    host = address[0]
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def block_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test fail that connects to another machine."""

    def guard(connect: Callable) -> Callable:
        def connect_locally(self: socket.socket, address: Any) -> Any:
            if not is_local(self, address):
                raise PermissionError(f'a test tried to connect to {address}')
            return connect(self, address)

        return connect_locally

    for name in ('connect', 'connect_ex'):
        monkeypatch.setattr(socket.socket, name, guard(getattr(socket.socket, name)))


@pytest.fixture(autouse=True)
def fix_seed() -> None:
    """Start each test from the same random numbers."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def clean_state() -> Iterator[None]:
    """Build from mmdet's registries; undo what a test left in torch's global state."""
    init_default_scope('mmdet')
    dtype = torch.get_default_dtype()
    threads = torch.get_num_threads()
    yield
    torch.set_default_dtype(dtype)
    torch.set_num_threads(threads)
    torch.set_grad_enabled(True)
    torch.use_deterministic_algorithms(False)
    # A logger keeps its files open, which a server's logging closes under it.
    MMLogger._instance_dict.clear()
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


@pytest.fixture
def strict_operators(monkeypatch: pytest.MonkeyPatch) -> 'Calls':
    """Run models on mmcv's operators, as on CUDA, which check what they get."""
    from tests.strict_operators import make_strict

    return make_strict(monkeypatch)

"""The fixtures that every test runs under do what they say."""

import random
import socket

import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope


@pytest.mark.parametrize('connect', ['connect', 'connect_ex'])
@pytest.mark.parametrize(
    ('family', 'address'),
    [
        (socket.AF_INET, ('192.0.2.1', 80)),
        (socket.AF_INET, ('example.org', 80)),
        (socket.AF_INET6, ('2001:db8::1', 80, 0, 0)),
    ],
)
def test_other_machines_are_out_of_reach(
    connect: str, family: socket.AddressFamily, address: tuple
) -> None:
    with (
        socket.socket(family) as client,
        pytest.raises(PermissionError, match='a test tried to connect'),
    ):
        getattr(client, connect)(address)


@pytest.mark.parametrize('host', ['127.0.0.1', 'localhost'])
def test_this_machine_is_within_reach(host: str) -> None:
    with socket.create_server(('127.0.0.1', 0)) as server, socket.socket() as client:
        client.connect((host, server.getsockname()[1]))
        peer = server.accept()[0]
        client.sendall(b'hello')
        assert peer.recv(5) == b'hello'
        peer.close()


@pytest.mark.parametrize('repetition', range(2))
def test_each_test_draws_the_same_numbers(repetition: int) -> None:
    drawn = random.random(), np.random.rand(), torch.rand(()).item()
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    assert drawn == (random.random(), np.random.rand(), torch.rand(()).item())


@pytest.mark.parametrize('repetition', range(2))
def test_torch_state_does_not_leak(repetition: int) -> None:
    assert torch.get_default_dtype() == torch.float32
    assert torch.get_num_threads() == 1
    assert torch.is_grad_enabled()
    assert not torch.distributed.is_initialized()

    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(2)
    torch.set_grad_enabled(False)
    store = torch.distributed.HashStore()
    torch.distributed.init_process_group('gloo', store=store, rank=0, world_size=1)


def test_mmdet_is_the_scope_that_configs_build_in() -> None:
    scope = DefaultScope.get_current_instance()
    assert scope is not None
    assert scope.scope_name == 'mmdet'

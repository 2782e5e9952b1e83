"""The page's port, slow connections, and what the console says."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

pytest.importorskip('gradio')

from glipv2.apis import GLIPv2Inferencer
from glipv2.apis.web import server as web_server
from glipv2.apis.web.server import address_of, listen
from tests.apis.web_client import API, WAIT, running_page, send_file
from tests.forked import run_forked

TOOL = Path(__file__).parents[3] / 'tools' / 'demo' / 'web_demo.py'


@pytest.fixture(scope='module')
def url(inferencer: GLIPv2Inferencer) -> Iterator[str]:
    """Serve a page."""
    with running_page(inferencer) as address:
        yield address


def test_a_free_port_is_found() -> None:
    with listen() as one, listen() as other:
        assert one.getsockname()[1] != other.getsockname()[1]
        assert address_of(one).startswith('http://127.0.0.1:78')
    with listen('::1', 0) as third:
        assert address_of(third).startswith('http://[::1]:')


@pytest.mark.parametrize(
    ('host', 'port', 'message'),
    [
        ('127.0.0.1', 99999, '--port 99999'),
        ('127.0.0.1', -1, '--port -1'),
        ('192.0.2.1', 0, '--host 192.0.2.1'),
        ('no such host', 0, '--host no such host'),
    ],
)
def test_bad_addresses_are_one_line(host: str, port: int, message: str) -> None:
    with pytest.raises((OSError, ValueError), match=message) as refused:
        listen(host, port)
    assert len(str(refused.value).splitlines()) == 1
    assert 'Errno' not in str(refused.value)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--port', '{taken}'], '--port {taken} is taken: choose another'),
        (['--port', '99999'], '--port 99999: a port is a number up to 65535'),
        (['--port', '0', '--max-upload', '20'], None),
        (['--port', '{taken}', '--max-upload', 'much'], "the size 'much' is no size"),
    ],
    ids=range(4),
)
def test_the_command_says_so_before_the_model_is_read(
    tmp_path: Path, arguments: list[str], message: str | None
) -> None:
    (tmp_path / 'model.pth').write_bytes(b'no model')
    with listen('127.0.0.1', 0) as taken:
        port = str(taken.getsockname()[1])
        arguments = [x.format(taken=port) for x in arguments]
        ended = run_forked([TOOL, tmp_path / 'model.pth', *arguments], timeout=WAIT)
    last = ended.stderr.strip().splitlines()[-1]
    assert ended.returncode != 0
    assert 'Traceback' not in ended.stderr
    if message is None:
        assert 'model.pth' in last
    else:
        assert last == f'web_demo.py: error: {message.format(taken=port)}' or (
            message in last
        )


def test_the_console_is_quiet(checkpoint: Path, images: Path) -> None:
    """No advice of gradio, no warnings of its programmers; Ctrl-C ends it."""
    with listen('127.0.0.1', 0) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, '-u', TOOL, checkpoint, '--port', str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(os.environ, OMP_NUM_THREADS='1'),
    )
    try:
        lines = []
        for line in server.stdout:
            lines.append(line)
            if 'The page is at' in line:
                break
        url = f'http://127.0.0.1:{port}/'
        assert url in lines[-1]
        send_file(url, images / '0.png')
        httpx.post(f'{url}{API}/upload', content=b'x', timeout=WAIT)
        httpx.post(f'{url}{API}/queue/join', json=dict(data=[]), timeout=WAIT)
        server.send_signal(signal.SIGINT)
        rest, _ = server.communicate(timeout=WAIT)
    finally:
        server.kill()
    assert server.returncode == 0
    said = ''.join(lines[-1:]) + rest
    for word in ('share=', 'launch()', 'Deprecat', 'Traceback', 'public link'):
        assert word not in said, said


def test_connections_without_a_request_are_ended(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, 'HEAD_SECONDS', 1)
    address = urlsplit(url)
    for begin in (b'', b'GET / HTTP/1.1\r\nHost: x\r\nX-Slow:'):
        with socket.create_connection((address.hostname, address.port)) as client:
            client.settimeout(30)
            client.sendall(begin)
            with suppress(ConnectionResetError):
                assert client.recv(1) == b''
    # The second request of a connection, too.
    with socket.create_connection((address.hostname, address.port)) as client:
        client.settimeout(30)
        client.sendall(b'GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n')
        assert client.recv(9) == b'HTTP/1.1 '
        client.sendall(b'GET / HTTP/1.1\r\n')
        with suppress(ConnectionResetError):
            while client.recv(4096):
                pass


def test_idle_connections_do_not_lock_others_out(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = urlsplit(url)
    idle = [
        socket.create_connection((address.hostname, address.port)) for _ in range(100)
    ]
    assert httpx.get(url, timeout=WAIT).status_code == 200
    for client in idle:
        client.close()

"""The server of the web page: its port, its connections, its end."""

import asyncio
import errno
import socket
from threading import Thread

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

FIRST_PORT, MOST_TRIED = 7860, 100
# Our choices.
HEAD_SECONDS = 20  # for the first lines of a request to arrive
MOST_CONNECTIONS = 512  # an open page has two
END_SECONDS = 3  # that open connections get when the server is stopped


def listen(host: str = '127.0.0.1', port: int | None = None) -> socket.socket:
    """Take a port, before anything slow is done.

    Args:
        host: Address to listen at.
        port: None: the first free one from 7860 on.

    Returns:
        The listening socket.

    Raises:
        ValueError: If there is no such port or address (names ``--port``, ``--host``).
        OSError: If it is taken or not allowed (likewise).
    """
    tried = range(FIRST_PORT, FIRST_PORT + MOST_TRIED) if port is None else [port]
    for port in tried:
        if not 0 <= port <= 65535:
            raise ValueError(f'--port {port}: a port is a number up to 65535')
        try:
            family, *_, address = socket.getaddrinfo(
                host.strip('[]'), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            return socket.create_server(address[:2], family=family, backlog=2048)
        except (socket.gaierror, UnicodeError) as error:
            raise ValueError(f'--host {host}: there is no such address') from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE and len(tried) > 1:
                continue
            reason = {
                errno.EADDRINUSE: f'--port {port} is taken: choose another',
                errno.EACCES: f'--port {port} is not allowed: choose one above 1023',
                errno.EADDRNOTAVAIL: f'--host {host}: this machine has no such address',
            }.get(error.errno, f'--host {host} --port {port}: {error.strerror}')
            raise OSError(reason) from error
    raise OSError(f'no port from {tried[0]} to {tried[-1]} is free: choose a --port')


class PageServer(uvicorn.Server):
    """A server that ends slow requests, with a bounded number of connections.

    Args:
        app: The page.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=PromptProtocol,
                ws='none',
                log_level='warning',
                limit_concurrency=MOST_CONNECTIONS,
                timeout_graceful_shutdown=END_SECONDS,
            )
        )
        self.thread: Thread | None = None

    def start(self, listener: socket.socket) -> None:
        """Serve in the background."""
        self.thread = Thread(
            target=self.run, kwargs=dict(sockets=[listener]), daemon=True
        )
        self.thread.start()

    def close(self) -> None:
        """Stop; gradio's ``close`` of a page calls it."""
        self.should_exit = True
        if self.thread is not None:
            self.thread.join(2 * END_SECONDS)


class PromptProtocol(H11Protocol):
    """HTTP whose requests have to begin in time; uvicorn would wait for ever."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Go on waiting while the first lines of a request are incomplete."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._wait_no_longer()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._wait_no_longer()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _wait_no_longer(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def address_of(listener: socket.socket) -> str:
    """Write a socket's address as one for a browser."""
    host, port = listener.getsockname()[:2]
    host = {'0.0.0.0': 'localhost', '::': 'localhost'}.get(host, host)
    return f'http://[{host}]:{port}/' if ':' in host else f'http://{host}:{port}/'

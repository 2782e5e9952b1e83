"""A server of files on this machine that can be as bad as real ones."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class FileServer(ThreadingHTTPServer):
    """Serves ``files`` (content by path); each request takes the next of ``faults``.

    ``asked`` has the path and the ``Range`` of each request.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(('127.0.0.1', 0), Handler)
        self.files: dict[str, bytes] = {}
        self.faults: list[str] = []
        self.asked: list[tuple[str, str | None]] = []
        self.headers: dict[str, str] = {}

    @property
    def address(self) -> str:
        """Where it answers."""
        return f'http://127.0.0.1:{self.server_address[1]}'


class Handler(BaseHTTPRequestHandler):
    """Answers with a file, or with the next fault."""

    def do_GET(self) -> None:
        """Answer."""
        server = self.server
        given = self.headers.get('Range')
        server.asked.append((self.path, given))
        fault = server.faults.pop(0) if server.faults else ''
        content = server.files.get(self.path)
        if fault.isdigit() or content is None:
            self.send_error(int(fault or 404))
            return
        start = int(re.search(r'\d+', given)[0]) if given else 0
        if fault == 'ignore range':
            start, given = 0, None
        if start >= len(content):
            self.send_response(416)
            self.send_header('Content-Range', f'bytes */{len(content)}')
            self.send_header('Content-Length', '0')
            self.end_headers()
            return
        body = content[start:]
        self.send_response(206 if given else 200)
        if given:
            where = start + 1 if fault == 'another part' else start
            last = len(content) - 1
            self.send_header('Content-Range', f'bytes {where}-{last}/{len(content)}')
        if fault == 'web page':
            self.send_header('Content-Type', 'text/html; charset=utf-8')
        if fault != 'no length':
            self.send_header('Content-Length', str(len(body) + 9 * (fault == 'long')))
        for name, value in server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if fault == 'delay':
            time.sleep(1.5)
        if fault == 'corrupt':
            body = body[:-1] + bytes([body[-1] ^ 1])
        self.wfile.write(body[: len(body) // 2] if fault == 'cut' else body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def file_server() -> Iterator[FileServer]:
    """Run a server."""
    server = FileServer()
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()

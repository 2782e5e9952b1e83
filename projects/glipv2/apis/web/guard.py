"""The door of the web page: what may come in, how much of it, and how slowly."""

import asyncio
from pathlib import Path

from starlette.formparsers import MultiPartException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .requests import read_request
from .routes import FILE, UPLOAD, is_open
from .uploads import is_upload, stored_bytes

# Our choices.
MOST_JSON = 256 * 1024  # bytes of a request that is no upload
MOST_AROUND = 16 * 1024  # bytes around the file of an upload
MOST_STORED = 2 * 1024**3  # bytes of all uploads and results that are kept
MOST_UPLOADS = 32  # at once
JSON_SECONDS = 20  # for a request to arrive
UPLOAD_SECONDS = 300  # for an upload to arrive


class Refusal(Exception):
    """A request that goes no further.

    Args:
        status: Of HTTP.
        message: For the client.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class WebGuard:
    """Middleware between the network and gradio.

    Args:
        app: Gradio's application.
        folder: Of uploads.
        max_upload: Bytes of the largest file.
    """

    def __init__(self, app: ASGIApp, folder: Path, max_upload: int) -> None:
        self.app = app
        self.folder = folder
        self.max_upload = max_upload
        self.uploads = 0  # that arrive at the moment

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request; arguments as of every ASGI application."""
        if scope['type'] == 'lifespan':
            await self.app(scope, receive, send)
        elif scope['type'] == 'http':
            try:
                await self._handle(scope, receive, send)
            except Refusal as error:
                # 'detail' is what the page's script shows.
                answer = JSONResponse(dict(detail=str(error)), error.status)
                answer.headers['connection'] = 'close'  # its body may not have come
                await answer(scope, receive, send)
        # Without an answer a websocket is refused.

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, query = scope['path'], scope['query_string'].decode('latin-1')
        if not is_open(scope['method'], path, query):
            raise Refusal(404, 'there is no such page')
        if path.startswith(FILE) and not is_upload(path[len(FILE) :], self.folder):
            raise Refusal(403, 'there is no such file')
        if path == UPLOAD:
            await self._take_upload(scope, receive, send)
            return
        if scope['method'] == 'POST':
            scope, receive = await self._take_json(scope, receive)
        await self.app(scope, receive, send)

    async def _take_json(self, scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
        """Read and check a request; gradio gets it as it was understood here."""
        try:
            body = await asyncio.wait_for(_read(receive), JSON_SECONDS)
            body = read_request(body, self.folder)
        except asyncio.TimeoutError:
            raise Refusal(408, 'the request came too slowly') from None
        except ValueError as error:
            raise Refusal(400, str(error)) from error
        replaced = (b'content-length', b'content-type', b'transfer-encoding')
        headers = [x for x in scope['headers'] if x[0].lower() not in replaced]
        headers += [
            (b'content-type', b'application/json'),
            (b'content-length', str(len(body)).encode()),
        ]
        parts = iter([dict(type='http.request', body=body, more_body=False)])

        async def receive_checked() -> Message:
            return next(parts, None) or await receive()

        return dict(scope, headers=headers), receive_checked

    async def _take_upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let an upload through, and end it when it is too large, slow or cut off.

        Gradio removes the temporary file of a malformed upload, but not of one whose
        client goes away; so all three are told to it as malformed.
        """
        most = self.max_upload + MOST_AROUND
        length = dict(scope['headers']).get(b'content-length', b'0')
        if int(length) > most:
            raise Refusal(413, f'a file may have {self.max_upload} bytes, not more')
        if self.uploads >= MOST_UPLOADS:
            raise Refusal(503, 'too many uploads at once: try again in a moment')
        stored = await asyncio.to_thread(stored_bytes, self.folder)
        if stored + most > MOST_STORED:
            raise Refusal(507, 'there is no room for uploads: try again in an hour')
        end = asyncio.get_running_loop().time() + UPLOAD_SECONDS
        left, complete = most, False

        async def receive_some() -> Message:
            nonlocal left, complete
            if complete:
                return await receive()
            wait = end - asyncio.get_running_loop().time()
            try:
                message = await asyncio.wait_for(receive(), max(wait, 0))
            except asyncio.TimeoutError:
                raise MultiPartException('the upload came too slowly') from None
            if message['type'] == 'http.disconnect':
                raise MultiPartException('the upload was interrupted')
            left -= len(message.get('body', b''))
            if left < 0:
                raise MultiPartException('the file is over the maximum allowed size')
            complete = not message.get('more_body', False)
            return message

        self.uploads += 1
        try:
            await self.app(scope, receive_some, send)
        finally:
            self.uploads -= 1


async def _read(receive: Receive) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message['type'] == 'http.disconnect':
            raise Refusal(400, 'the request was interrupted')
        body += message.get('body', b'')
        if len(body) > MOST_JSON:
            raise Refusal(413, f'a request may have {MOST_JSON} bytes, not more')
        more = message.get('more_body', False)
    return bytes(body)

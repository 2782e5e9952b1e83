"""Uploads that break off: what came of them is removed."""

from starlette.formparsers import MultiPartException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UPLOAD = '/upload'  # how the address of gradio's uploads ends


class StoppedUploads:
    """Middleware: a client that goes away in the middle is an error of its upload.

    Gradio writes an upload into a temporary file, which it removes when the upload is
    malformed, but not when the client goes away.

    Args:
        app: What answers the requests.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        Args:
            scope: What it is.
            receive: Gives the next part of its body.
            send: Takes the answer.
        """
        if scope['type'] != 'http' or not scope['path'].endswith(UPLOAD):
            await self.app(scope, receive, send)
            return
        complete = False

        async def receive_or_fail() -> Message:
            nonlocal complete
            message = await receive()
            if message['type'] == 'http.disconnect' and not complete:
                raise MultiPartException('the upload was stopped')
            complete = complete or not message.get('more_body', False)
            return message

        await self.app(scope, receive_or_fail, send)

"""Removes the temporary file of an upload whose client goes away."""

from starlette.formparsers import MultiPartException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UPLOAD = '/upload'  # the end of gradio's upload address


class InterruptedUploads:
    """Middleware that treats a disconnect during an upload as a malformed upload.

    Gradio writes an upload into a temporary file, which it removes when the upload is
    malformed, but not when the client goes away.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request; arguments as of every ASGI application."""
        if scope['type'] != 'http' or not scope['path'].endswith(UPLOAD):
            await self.app(scope, receive, send)
            return
        complete = False

        async def receive_or_fail() -> Message:
            nonlocal complete
            message = await receive()
            if message['type'] == 'http.disconnect' and not complete:
                raise MultiPartException('the upload was interrupted')
            complete = complete or not message.get('more_body', False)
            return message

        await self.app(scope, receive_or_fail, send)

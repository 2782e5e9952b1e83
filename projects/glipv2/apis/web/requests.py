"""Reading the JSON that clients of the web page send."""

import json
from collections.abc import Iterator
from pathlib import Path

from .uploads import is_upload

KEPT = ('path', 'orig_name', 'mime_type')  # of an upload; no address
NO_UPLOAD = (
    'this is no image that was uploaded here, or it was removed meanwhile: upload it'
)


def read_request(body: bytes, folder: Path) -> bytes:
    """Check a request, and write it anew with nothing that gradio would fetch.

    Gradio downloads the address, or reads the file, that a client names in place of an
    upload. Here, whatever is not plain has to be an upload.

    Args:
        body: JSON.
        folder: Of uploads.

    Returns:
        JSON of the same content.

    Raises:
        ValueError: If it is no JSON object, or names a file that is no upload.
    """
    try:
        request = json.loads(body or b'{}')
    except (ValueError, RecursionError) as error:
        raise ValueError('the request is no JSON') from error
    if not isinstance(request, dict):
        raise ValueError('the request is no JSON object')
    request.pop('event_data', None)  # of clicks; no function here takes it
    for given in _objects(request):
        if not is_upload(given.get('path'), folder):
            raise ValueError(NO_UPLOAD)
        kept = {key: given[key] for key in KEPT if isinstance(given.get(key), str)}
        given.clear()
        given.update(kept, meta=dict(_type='gradio.FileData'))
    return json.dumps(request).encode()


def _objects(request: dict) -> Iterator[dict]:
    """Go through the objects at any depth within a request, not those in them."""
    left = list(request.values())
    while left:
        value = left.pop()
        if isinstance(value, dict):
            yield value
        elif isinstance(value, list):
            left += value

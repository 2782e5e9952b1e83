"""A running page for tests, and how clients speak to it."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from glipv2.apis import GLIPv2Inferencer
from glipv2.apis.web.page import build_page, serve

API = 'gradio_api'
MARK = dict(_type='gradio.FileData')
SETTINGS = ['detection', 'dog', 0, 0.6, 5, False]
WAIT = 120  # s; a busy machine is slow


@contextmanager
def running_page(
    inferencer: GLIPv2Inferencer, examples: tuple = (), tabs: tuple = ()
) -> Iterator[str]:
    """Serve a page of the tiny model.

    Yields:
        Its address.
    """
    page = build_page(inferencer, examples, 1, score_thr=0.0, tabs=tabs)
    try:
        yield serve(page, max_upload='1mb', block=False)
    finally:
        page.close()


def send_file(url: str, path: Path) -> str:
    """Upload a file; where the server put it."""
    with path.open('rb') as file:
        answer = httpx.post(f'{url}{API}/upload', files=dict(files=file), timeout=WAIT)
    return answer.raise_for_status().json()[0]


def ask(url: str, image: object, *settings: object) -> httpx.Response:
    """Put a request into the queue."""
    body = dict(data=[image, *(settings or SETTINGS)])
    return httpx.post(f'{url}{API}/call/predict', json=body, timeout=WAIT)


def answer_to(
    url: str, asked: httpx.Response, name: str = 'predict'
) -> tuple[str, object]:
    """Wait for an answer.

    Returns:
        ``'complete'`` or ``'error'``, and the data.
    """
    event = asked.raise_for_status().json()['event_id']
    lines = httpx.get(f'{url}{API}/call/{name}/{event}', timeout=WAIT).text
    kind, data = lines.strip().splitlines()[-2:]
    return kind.removeprefix('event: '), json.loads(data.removeprefix('data: '))


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: If it never is.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.05)

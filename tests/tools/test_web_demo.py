"""The web page in a real browser, and its API under load."""

import gc
import json
import shutil
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import numpy as np
import pytest
from PIL import Image

from glipv2.apis import GLIPv2Inferencer
from glipv2.benchmarks.page_load import put_load
from tests.tiny_files import HEADS, write_images, write_model

gradio = pytest.importorskip('gradio')
playwright = pytest.importorskip('playwright.sync_api')

from gradio.queueing import Event  # noqa: E402

from glipv2.apis import web_page  # noqa: E402
from glipv2.apis.web_page import (  # noqa: E402
    TASK_NAMES,
    build_page,
    make_answer,
    serve,
)

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
             '--disable-background-networking', '--disable-component-update',
             '--disable-sync']  # fmt: skip
WAIT = 120_000  # ms; a busy machine is slow
TEXTS = {
    'detection': 'dog . red apple',
    'grounding': 'a dog near a red apple',
    'segmentation': 'dog',
    'vqa': 'is there a dog?',
    'grounded_vqa': 'is there a dog?',
    'caption': '',
    'grounded_caption': 'a dog and a',
}


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a model with every head."""
    return write_model(tmp_path_factory.mktemp('model'), **HEADS)


@pytest.fixture(scope='module')
def inferencer(checkpoint: Path) -> GLIPv2Inferencer:
    """Build it."""
    return GLIPv2Inferencer(weights=checkpoint, device='cpu', show_progress=False)


@pytest.fixture(scope='module')
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write images."""
    return write_images(tmp_path_factory.mktemp('pictures'))


@pytest.fixture(scope='module')
def url(inferencer: GLIPv2Inferencer, images: Path) -> Iterator[str]:
    """Serve the page of the tiny model."""
    examples = [(str(images / '1.png'), 'grounding', 'a red car')]
    page = build_page(inferencer, examples, max_megapixels=1, score_thr=0.0)
    yield serve(page, max_upload='1mb', block=False)
    page.close()


@pytest.fixture(scope='module')
def browser() -> Iterator['playwright.Browser']:
    """Start Chromium."""
    if CHROMIUM is None:
        pytest.skip('there is no chromium: apt-get install chromium')
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def tab(browser: 'playwright.Browser', url: str) -> Iterator['playwright.Page']:
    """Open the page; whatever it wants from other machines is written down."""
    context = browser.new_context(viewport=dict(width=1280, height=1100))
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.foreign = []

    def guard(route: 'playwright.Route') -> None:
        if route.request.url.startswith((url.rstrip('/'), 'data:', 'blob:')):
            route.continue_()
        else:
            page.foreign.append(route.request.url)
            route.abort()

    page.route('**/*', guard)
    page.goto(url)
    page.wait_for_selector('#run')
    yield page
    context.close()


def upload(tab: 'playwright.Page', path: Path) -> None:
    """Choose a file, and wait until the server has it."""
    with tab.expect_response(lambda answer: '/upload' in answer.url):
        tab.set_input_files('#picture input[type=file]', path)
    tab.wait_for_selector('#picture img')


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    raise TimeoutError


def error_of(tab: 'playwright.Page') -> str:
    """Wait for the page's error and read it."""
    return tab.wait_for_selector('.toast-body').inner_text()


@pytest.mark.timeout(600)
def test_every_task_in_the_browser(
    tab: 'playwright.Page',
    images: Path,
    tmp_path: Path,
) -> None:
    for task, text in TEXTS.items():
        tab.click('#clear')
        tab.wait_for_selector('#picture img', state='detached')
        upload(tab, images / '0.png')
        tab.get_by_label(TASK_NAMES[task], exact=True).check()
        tab.fill('#text textarea', text)
        tab.click('#run')
        tab.wait_for_function(
            r"""() => {
                const line = document.querySelector('#line p');
                return line && /^\d+\.\d+ s/.test(line.innerText);
            }"""
        )
        assert tab.query_selector('.toast-body') is None, task
        tab.wait_for_selector('#drawn img')
        marks = tab.query_selector_all('#sentence mark')
        if task not in ('vqa', 'caption'):
            assert marks, task
        with tab.expect_download() as download:
            tab.click('#save')
        download.value.save_as(tmp_path / 'saved.json')
        saved = json.loads((tmp_path / 'saved.json').read_text())
        assert {'bboxes', 'answers', 'caption'} & saved.keys(), task
    assert not tab.foreign


@pytest.mark.timeout(300)
def test_an_example_and_errors_in_the_browser(
    tab: 'playwright.Page',
    tmp_path: Path,
) -> None:
    tab.click('#run')
    assert 'there is no image' in error_of(tab)
    tab.reload()
    tab.get_by_text('a red car').click()
    tab.wait_for_selector('#picture img')
    tab.fill('#text textarea', ' ')
    tab.click('#run')
    assert 'the text is empty' in error_of(tab)
    tab.reload()
    (tmp_path / 'broken.png').write_bytes(b'\x89PNG\r\n\x1a\n' + b'no image' * 9)
    with tab.expect_response(lambda answer: '/upload' in answer.url):
        tab.set_input_files('#picture input[type=file]', tmp_path / 'broken.png')
    tab.fill('#text textarea', 'dog')
    tab.click('#run')
    message = error_of(tab)
    assert 'broken.png is truncated' in message
    assert 'Traceback' not in message and '/' not in message.split('truncated')[0]


def test_no_file_of_the_server_is_readable(
    url: str,
    checkpoint: Path,
) -> None:
    here = Path(__file__).parents[2] / 'setup.py'
    for file in ('/etc/passwd', here, 'setup.py', checkpoint):
        with pytest.raises(HTTPError) as refused:
            urlopen(f'{url}gradio_api/file={file}')
        assert refused.value.code in (403, 404)


def test_no_image_of_the_server_can_be_asked_for(url: str) -> None:
    """A request that names a file of the server in place of an upload is refused."""
    image = Path(__file__).parents[2] / 'docs' / 'quickstart.jpg'
    upload = dict(path=str(image), meta=dict(_type='gradio.FileData'))
    body = json.dumps(dict(data=[upload, 'detection', 'dog', 0, 0.6, 5]))
    request = Request(
        f'{url}gradio_api/call/predict',
        body.encode(),
        {'Content-Type': 'application/json'},
    )
    event = json.loads(urlopen(request).read())['event_id']
    answer = urlopen(f'{url}gradio_api/call/predict/{event}').read().decode()
    assert 'event: error' in answer
    assert 'event: complete' not in answer


@pytest.mark.timeout(300)
def test_twenty_clients_at_once_are_all_answered(
    url: str,
    images: Path,
) -> None:
    result = put_load(url, images / '0.png', 'dog . cat', 20, 40, 1)
    assert result['errors'] == []
    assert result['answered'] == result['asked'] == 40


@pytest.mark.timeout(300)
def test_what_is_kept_of_answered_requests_is_bounded(
    inferencer: GLIPv2Inferencer,
    images: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web_page, 'MOST_KEPT', 3)
    page = build_page(inferencer, max_megapixels=1)
    address = serve(page, block=False)
    try:
        # Each round is a visit of its own.
        result = put_load(address, images / '0.png', 'dog', 1, 2, 5)
    finally:
        page.close()
    assert result['answered'] == 10
    kept = [x for x in gc.get_objects() if type(x) is Event]
    assert 0 < sum(event.fn in page.fns.values() for event in kept) <= 3
    assert len(page.state_holder.session_data) <= 3


def test_all_images_are_computed_in_one_thread(
    inferencer: GLIPv2Inferencer,
    images: Path,
) -> None:
    threads = set()

    def watched(*args: object, **kwargs: object) -> dict:
        threads.add(threading.get_ident())
        return inferencer(*args, **kwargs)

    predict = make_answer(watched, max_megapixels=1)
    asked = (str(images / '0.png'), 'detection', 'dog', 0.0, 0.6, 6)
    with ThreadPoolExecutor(3) as clients:
        jobs = [clients.submit(predict, *asked) for _ in range(3)]
        assert all(job.result() for job in jobs)
    assert len(threads) == 1


@pytest.mark.parametrize('abrupt', [False, True], ids=['closed', 'reset'])
def test_a_stopped_upload_leaves_the_server_alive(
    url: str,
    images: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    abrupt: bool,
) -> None:
    """The client goes away in the middle of its image; the next one is served."""
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
    whole = (images / '0.png').read_bytes()
    head = (
        b'--cut\r\nContent-Disposition: form-data; name="files"; filename="cut.png"\r\n'
        b'Content-Type: image/png\r\n\r\n'
    )
    request = (
        'POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\n'
        'Content-Type: multipart/form-data; boundary=cut\r\n'
        f'Content-Length: {len(head) + len(whole) + 11}\r\n\r\n'
    ).encode()
    address = urlsplit(url)
    for part in (head, head + whole[: len(whole) // 2]):
        client = socket.create_connection((address.hostname, address.port), timeout=30)
        client.sendall(request + part)
        wait_for(lambda: any(tmp_path.iterdir()))  # the server is writing
        if abrupt:  # a reset in place of an orderly end
            client.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)
            )
        client.close()
        wait_for(lambda: not any(tmp_path.iterdir()))
    monkeypatch.undo()
    result = put_load(url, images / '0.png', 'dog . cat', 1, 1, 1)
    assert result['errors'] == []
    assert result['answered'] == 1


def test_what_the_page_answers(
    inferencer: GLIPv2Inferencer,
    images: Path,
    tmp_path: Path,
) -> None:
    predict = make_answer(inferencer, max_megapixels=1)
    drawn, sentence, rows, found, line = predict(
        str(images / '0.png'), 'grounding', 'a <b>dog</b> near a cat', 0.0, 0.6, 6
    )
    assert drawn.shape == (64, 96, 3) and drawn.dtype == np.uint8
    assert '<b>' not in sentence and '&lt;b&gt;' in sentence
    assert len(rows) == len(found['labels']) == 6
    assert line.endswith('6 boxes')
    Image.new('RGB', (1100, 1000)).save(tmp_path / 'large.png')
    for arguments, message in (
        ((None, 'detection', 'dog'), 'there is no image'),
        ((str(images / '0.png'), 'vqa', ''), 'the text is empty'),
        ((str(images / '0.png'), 'find', 'dog'), "unknown task 'find'"),
        ((str(tmp_path / 'large.png'), 'detection', 'dog'), 'megapixels'),
        ((str(images / 'notes.txt'), 'detection', 'dog'), 'it is no image'),
    ):
        with pytest.raises(gradio.Error, match=message) as refused:
            predict(*arguments, 0.0, 0.6, 6)
        assert str(tmp_path) not in str(refused.value)

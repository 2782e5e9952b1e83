"""What an attacker may ask the web page for: addresses, files, images elsewhere."""

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

pytest.importorskip('gradio')

from fastapi.routing import APIRoute

from glipv2.apis import GLIPv2Inferencer
from glipv2.apis.web.page import build_page, serve
from glipv2.apis.web.routes import is_open
from tests.apis.web_client import (
    API,
    MARK,
    SETTINGS,
    WAIT,
    answer_to,
    ask,
    running_page,
    send_file,
)

ROOT = Path(__file__).parents[3]
# Of the installed gradio's addresses, those that the page and its clients use.
OPEN = {
    'GET': {
        '/', '/config', '/config/', '/theme.css', '/favicon.ico', '/manifest.json',
        '/robots.txt', '/assets/{path:path}', '/static/{path:path}',
        '/svelte/{path:path}', '/gradio_api/info', '/gradio_api/info/',
        '/gradio_api/theme.css', '/gradio_api/startup-events',
        '/gradio_api/queue/data', '/gradio_api/queue/status',
        '/gradio_api/upload_progress', '/gradio_api/heartbeat/{session_hash}',
        '/gradio_api/call/{api_name}/{event_id}',
        '/gradio_api/call/v2/{api_name}/{event_id}',
        '/gradio_api/file={path_or_url:path}',
    },
    'POST': {
        '/gradio_api/upload', '/gradio_api/queue/join', '/gradio_api/cancel',
        '/gradio_api/reset', '/gradio_api/reset/', '/gradio_api/call/{api_name}',
        '/gradio_api/call/{api_name}/', '/gradio_api/call/v2/{api_name}',
        '/gradio_api/call/v2/{api_name}/', '/gradio_api/run/{api_name}',
        '/gradio_api/run/{api_name}/',
    },
}  # fmt: skip


@pytest.fixture(scope='module')
def url(inferencer: GLIPv2Inferencer, images: Path) -> Iterator[str]:
    """Serve a page with an example."""
    example = (str(images / '1.png'), 'detection', 'a red car')
    with running_page(inferencer, [example]) as address:
        yield address


@pytest.fixture(scope='module')
def elsewhere() -> Iterator['Elsewhere']:
    """Serve images at another address of this machine, and count who asks."""
    server = Elsewhere(('127.0.0.1', 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


class Elsewhere(ThreadingHTTPServer):
    """A server that nobody should contact."""

    asked = 0


class Handler(BaseHTTPRequestHandler):
    """Counts requests."""

    def do_GET(self) -> None:
        """Answer with nothing."""
        self.server.asked += 1
        self.send_response(200)
        self.end_headers()

    do_HEAD = do_POST = do_GET

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def routes_of(routes: list) -> Iterator[APIRoute]:
    """Go through an application's routes; fastapi keeps included ones together."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        yield from routes_of(
            getattr(getattr(route, 'original_router', None), 'routes', [])
        )


def test_each_address_of_gradio_is_open_by_our_list_or_closed(
    inferencer: GLIPv2Inferencer,
) -> None:
    """A new version of gradio brings new addresses: they have to be looked at."""
    page = build_page(inferencer)
    serve(page, block=False)
    page.close()
    routes = list(routes_of(page.app.routes))
    assert len(routes) > 60
    for route in routes:
        path = route.path.replace('{api_name}', 'predict')
        path = re.sub(r'\{[^}]*\}', 'x', path)
        for method in route.methods - {'HEAD'}:
            expected = route.path in OPEN.get(method, ())
            assert is_open(method, path, '') is expected, (method, route.path)


@pytest.mark.parametrize(
    ('method', 'path'),
    [
        ('GET', 'monitoring'),
        ('GET', 'monitoring/summary'),
        ('POST', 'login'),
        ('GET', 'logout'),
        ('GET', 'docs'),
        ('GET', 'openapi.json'),
        ('GET', f'{API}/dev/reload'),
        ('GET', f'{API}/deep_link?session_hash=x'),
        ('GET', '?deep_link=..%2Fx'),
        ('GET', 'config?deep_l%69nk=x'),
        ('GET', f'{API}/token'),
        ('GET', f'{API}/stream/x/0/1/playlist.m3u8'),
        ('GET', f'{API}/custom_component/x/client/x/x'),
        ('GET', f'{API}/mcp/sse'),
        ('POST', f'{API}/mcp/'),
        ('POST', f'{API}/stream/x'),
        ('POST', f'{API}/component_server'),
        ('POST', f'{API}/process_recording'),
        ('POST', f'{API}/vibe-code'),
        ('POST', f'{API}/call/lambda'),
        ('PUT', f'{API}/upload'),
        ('DELETE', ''),
        ('OPTIONS', 'monitoring'),
    ],
)
def test_what_the_page_does_not_need_is_switched_off(
    url: str, method: str, path: str
) -> None:
    assert httpx.request(method, f'{url}{path}', timeout=WAIT).status_code == 404


@pytest.mark.parametrize('path', ['', 'config', f'{API}/info', '?__theme=dark'])
def test_what_the_page_needs_is_there(url: str, path: str) -> None:
    assert httpx.get(f'{url}{path}', timeout=WAIT).status_code == 200


def test_no_file_of_the_server_is_readable(url: str, checkpoint: Path) -> None:
    upload = send_file(url, checkpoint.parent / 'tiny.py')
    assert httpx.get(f'{url}{API}/file={upload}', timeout=WAIT).status_code == 200
    folder = str(Path(upload).parents[1])
    files = ['/etc/passwd', ROOT / 'setup.py', 'setup.py', checkpoint, folder]
    files += [f'{folder}/../../etc/passwd', f'{folder}/%2e%2e/%2e%2e/etc/passwd']
    files += [upload + '%00', f'file://{upload}', '.gradio/cached_examples']
    for file in files:
        for place in (f'{API}/file=', f'{API}/file/', f'{API}/proxy=', 'static/'):
            answer = httpx.get(f'{url}{place}{file}', timeout=WAIT)
            assert answer.status_code in (403, 404), (place, file)


def test_an_upload_with_a_program_is_not_run_in_the_browser(
    url: str, tmp_path: Path
) -> None:
    for name in ('x.html', 'x.svg', 'x.xhtml', 'x.js'):
        (tmp_path / name).write_text('<script>alert(1)</script>')
        answer = httpx.get(f'{url}{API}/file={send_file(url, tmp_path / name)}')
        assert answer.headers['content-disposition'].startswith('attachment')
        assert answer.headers['content-type'] == 'application/octet-stream'


def test_the_page_sends_nobody_elsewhere(url: str, elsewhere: Elsewhere) -> None:
    there = f'http://127.0.0.1:{elsewhere.server_port}/x.png'
    for place in (f'{API}/file={there}', f'{API}/proxy={there}', f'//{there}'):
        answer = httpx.get(f'{url}{place}', timeout=WAIT)
        assert answer.status_code in (403, 404), place
    assert elsewhere.asked == 0


def false_images(there: str, upload: str) -> list[object]:
    """Names of images that are no uploads, in the forms that gradio takes."""
    names = [
        there, there.replace('http', 'https'), there.upper(), f' {there}',
        there.replace('http', 'ftp'), 'file:///etc/passwd', '/etc/passwd',
        'data:image/png;base64,iVBORw0KGgo=', f'/gradio_api/file={upload}',
        str(ROOT / 'docs' / 'quickstart.jpg'), 'setup.py', f'{upload}/../../..',
        str(Path(upload).parent), f'{upload}\0', f'{upload}.png', '', 5, None, [upload],
    ]  # fmt: skip
    forms: list[object] = []
    for name in names:
        forms += [
            dict(path=name, meta=MARK), dict(path=name), dict(url=name, meta=MARK),
            dict(path=name, meta=MARK, is_stream=True),
            dict(image=dict(path=name, meta=MARK)), [dict(path=name, meta=MARK)],
            dict(path=dict(path=name, meta=MARK), meta=MARK),
        ]  # fmt: skip
    return [*forms, dict(meta=MARK), {}]


def test_only_uploads_are_images(url: str, images: Path, elsewhere: Elsewhere) -> None:
    upload = send_file(url, images / '0.png')
    there = f'http://127.0.0.1:{elsewhere.server_port}/x.png'
    with httpx.Client(base_url=url, timeout=WAIT) as client:
        for image in false_images(there, upload):
            data = [image, *SETTINGS]
            keys = dict(fn_index=0, session_hash='x', data=data)
            named = dict(param_0=image)
            for route, body in (
                ('call/predict', dict(data=data)),
                ('queue/join', keys),
                ('queue/join', dict(keys, data=['dog'], trigger_id=image)),
                ('run/predict', keys),
                ('run/lambda', keys),
                ('call/v2/predict', named),
                ('cancel', dict(keys, event_id='x', more=[[image]])),
            ):
                answer = client.post(f'{API}/{route}', json=body)
                assert answer.status_code == 400, (route, image)
                assert 'upload' in answer.json()['detail']
    assert elsewhere.asked == 0


def test_an_address_besides_an_upload_is_not_followed(
    url: str, images: Path, elsewhere: Elsewhere
) -> None:
    there = f'http://127.0.0.1:{elsewhere.server_port}/x.png'
    image = dict(path=send_file(url, images / '0.png'), url=there, meta=MARK)
    image['size'] = dict(path=there, meta=MARK)
    kind, _ = answer_to(url, ask(url, image))
    assert kind == 'complete'
    for other in (there, [there], 5, True):
        kind, data = answer_to(url, ask(url, other))
        assert kind == 'error' and there not in json.dumps(data)
    assert elsewhere.asked == 0


@pytest.mark.parametrize(
    'body',
    [
        b'', b'[]', b'"x"', b'{', b'\xff\xfe', b'[' * 100_000, b'{"a":' * 100_000,
        b'{"data": [' + b'[' * 5000 + b']' * 5000 + b']}', b'\x00',
    ],
    ids=range(9),
)  # fmt: skip
def test_odd_requests_are_refused(url: str, body: bytes) -> None:
    for kind in ('application/json', 'text/plain', 'multipart/form-data; boundary=x'):
        answer = httpx.post(
            f'{url}{API}/queue/join', content=body, headers={'content-type': kind},
            timeout=WAIT,
        )  # fmt: skip
        assert 400 <= answer.status_code < 500, kind
        assert 'Traceback' not in answer.text


@pytest.mark.parametrize(
    'settings',
    [
        ('find', 'dog', 0, 0.6, 5, False),
        (['detection'], 'dog', 0, 0.6, 5, False),
        ('detection', 'dog ' * 10_000, 0, 0.6, 5, False),
        ('detection', 'dog', 0, 0.6, 10**9, False),
        ('detection', 'dog', 0, 0.6, 'many', False),
        ('detection', 'dog', 0, -1, 5, False),
        ('detection',),
    ],
    ids=range(7),
)
def test_odd_settings_are_refused(url: str, images: Path, settings: tuple) -> None:
    image = dict(path=send_file(url, images / '0.png'), meta=MARK)
    kind, data = answer_to(url, ask(url, image, *settings))
    assert kind == 'error'
    assert 'Traceback' not in json.dumps(data)


def test_an_example_is_an_image_of_the_page(url: str) -> None:
    config = httpx.get(f'{url}config', timeout=WAIT).text
    example = re.search(r'"path":"([^"]*/1\.png)"', config)[1]
    assert answer_to(url, ask(url, dict(path=example, meta=MARK)))[0] == 'complete'


def test_an_answer_is_its_clients_alone(url: str, images: Path) -> None:
    """Answers are asked for by a number that nobody else is told."""
    asked = ask(url, dict(path=send_file(url, images / '0.png'), meta=MARK))
    event = asked.json()['event_id']
    assert len(event) == 32
    assert answer_to(url, asked)[0] == 'complete'
    with pytest.raises(httpx.RemoteProtocolError):  # nobody's
        httpx.get(f'{url}{API}/call/predict/{"0" * 32}', timeout=WAIT)

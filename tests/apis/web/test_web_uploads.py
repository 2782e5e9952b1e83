"""Uploads that are huge, slow, cut off or no images; what is kept of them."""

import os
import socket
import struct
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

pytest.importorskip('gradio')

from glipv2.apis import GLIPv2Inferencer
from glipv2.apis.web import guard as web_guard
from glipv2.apis.web import page as web_page
from glipv2.apis.web.uploads import bytes_of, is_upload, stored_bytes
from glipv2.benchmarks.page_load import resident_megabytes
from tests.apis.web_client import (
    API,
    MARK,
    WAIT,
    answer_to,
    ask,
    running_page,
    send_file,
    wait_for,
)

HEAD = (
    b'--cut\r\nContent-Disposition: form-data; name="files"; filename="cut.png"\r\n'
    b'Content-Type: image/png\r\n\r\n'
)
CLIENTS = 20
MOST_GROWTH = 300  # MB; one decoded bomb would be more


@pytest.fixture(scope='module')
def url(inferencer: GLIPv2Inferencer) -> Iterator[str]:
    """Serve a page."""
    with running_page(inferencer) as address:
        yield address


def begin_upload(url: str, length: int, part: bytes) -> socket.socket:
    """Send the first part of an upload."""
    address = urlsplit(url)
    client = socket.create_connection((address.hostname, address.port), timeout=30)
    request = (
        f'POST /{API}/upload HTTP/1.1\r\nHost: localhost\r\n'
        'Content-Type: multipart/form-data; boundary=cut\r\n'
        f'Content-Length: {length}\r\n\r\n'
    )
    client.sendall(request.encode() + part)
    return client


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the server writes an upload that is still coming."""
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
    return tmp_path


@pytest.mark.parametrize('abrupt', [False, True], ids=['closed', 'reset'])
def test_a_stopped_upload_leaves_nothing(
    url: str, images: Path, temporary: Path, abrupt: bool
) -> None:
    """The client goes away in the middle of its image."""
    whole = (images / '0.png').read_bytes()
    for part in (HEAD, HEAD + whole[: len(whole) // 2]):
        client = begin_upload(url, len(HEAD) + len(whole) + 11, part)
        wait_for(lambda: any(temporary.iterdir()))  # the server is writing
        if abrupt:  # a reset in place of an orderly end
            client.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)
            )
        client.close()
        wait_for(lambda: not any(temporary.iterdir()))


def test_an_upload_that_never_ends_is_ended(
    url: str, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_guard, 'UPLOAD_SECONDS', 1)
    client = begin_upload(url, len(HEAD) + 1000, HEAD + b'x')
    wait_for(lambda: any(temporary.iterdir()))
    assert b' 400 ' in client.recv(4096).splitlines()[0]
    wait_for(lambda: not any(temporary.iterdir()))


def test_a_request_that_never_ends_is_ended(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_guard, 'JSON_SECONDS', 1)
    address = urlsplit(url)
    client = socket.create_connection((address.hostname, address.port), timeout=30)
    client.sendall(
        f'POST /{API}/queue/join HTTP/1.1\r\nHost: x\r\n'
        'Content-Length: 100\r\n\r\n{'.encode()
    )
    assert b' 408 ' in client.recv(4096).splitlines()[0]


def test_huge_uploads_are_refused(url: str, temporary: Path) -> None:
    megabyte = b'x' * 1024**2

    def endless() -> Iterator[bytes]:  # without a Content-Length
        yield HEAD
        for _ in range(20):
            yield megabyte

    kind = {'content-type': 'multipart/form-data; boundary=cut'}
    for length in (30 * 1024**2, 10**15):
        client = begin_upload(url, length, HEAD)
        assert b' 413 ' in client.recv(4096).splitlines()[0]
    try:
        answer = httpx.post(
            f'{url}{API}/upload', content=endless(), headers=kind, timeout=WAIT
        )
        assert answer.status_code == 413
    except httpx.WriteError:  # the server hung up while we were writing
        pass
    several = [('files', (f'{x}.png', b'x' * 900_000)) for x in range(3)]
    answer = httpx.post(f'{url}{API}/upload', files=several, timeout=WAIT)
    assert answer.status_code == 413
    wait_for(lambda: not any(temporary.iterdir()))


def test_a_huge_request_is_refused(url: str) -> None:
    for content in (b'{"data": "' + b'x' * 10**6 + b'"}', iter([b'x' * 10**5] * 9)):
        try:
            answer = httpx.post(f'{url}{API}/queue/join', content=content, timeout=WAIT)
            assert answer.status_code == 413
        except httpx.WriteError:
            pass


def test_there_is_room_for_so_many_uploads(
    url: str, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_file(url, images / '0.png')
    for name, value, status in (('MOST_STORED', 10**6, 507), ('MOST_UPLOADS', 0, 503)):
        with monkeypatch.context() as patch:
            patch.setattr(web_guard, name, value)
            with pytest.raises(httpx.HTTPStatusError) as refused:
                send_file(url, images / '0.png')
        assert refused.value.response.status_code == status
    send_file(url, images / '0.png')


def test_uploads_and_results_are_removed(
    inferencer: GLIPv2Inferencer, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_page, 'CLEAN_UP', (1, 2))
    example = (str(images / '1.png'), 'detection', 'a red car')
    with running_page(inferencer, [example]) as url:
        upload = send_file(url, images / '2.png')
        kind, data = answer_to(url, ask(url, dict(path=upload, meta=MARK)))
        assert kind == 'complete'
        drawn = data[0]['path']
        wait_for(lambda: not (os.path.exists(upload) or os.path.exists(drawn)))
        folder = Path(upload).parents[1]
        assert list(folder.glob('*/1.png'))  # the example stays
        answer = ask(url, dict(path=upload, meta=MARK))
        assert answer.status_code == 400 and 'removed' in answer.text


def test_the_folder_of_uploads_is_for_this_user_alone(url: str, images: Path) -> None:
    upload = Path(send_file(url, images / '0.png'))
    folder = upload.parents[1]
    assert folder.stat().st_mode & 0o077 == 0
    assert len(upload.parent.name) == 64  # of the content and a secret


def write_bad_images(folder: Path) -> list[Path]:
    """Write images of every bad kind."""
    whole = Image.new('RGB', (64, 64), 'red')
    whole.save(folder / 'whole.png')
    content = (folder / 'whole.png').read_bytes()
    bad = {
        'cut.png': content[: len(content) // 2], 'empty.png': b'',
        'text.png': b'no image', 'page.html': b'<script>alert(1)</script>',
        'noise.jpg': os.urandom(5000), 'archive.zip': b'PK\3\4' + bytes(100),
        'flipped.png': content[:40] + b'\xff' * 9 + content[49:],
    }  # fmt: skip
    for name, text in bad.items():
        (folder / name).write_bytes(text)
    Image.new('1', (30_000, 30_000)).save(folder / 'bomb.png')
    Image.new('1', (5000, 5000)).save(folder / 'wide.tif', compression='group4')
    return [folder / name for name in (*bad, 'bomb.png', 'wide.tif')]


@pytest.mark.timeout(300)
def test_others_are_served_while_bad_images_come_in(
    url: str, images: Path, tmp_path: Path
) -> None:
    """Each of many clients gets its own answer, slow ones hold nobody up."""
    bad = write_bad_images(tmp_path)
    slow = [begin_upload(url, 10**5, HEAD) for _ in range(5)]
    memory = resident_megabytes(os.getpid())

    def visit(number: int) -> None:
        if number % 2:
            path = bad[number // 2 % len(bad)]
            image = dict(path=send_file(url, path), meta=MARK)
            kind, data = answer_to(url, ask(url, image))
            assert kind == 'error', path.name
            assert str(Path(image['path']).parent) not in data['error']
            assert path.name in data['error'] or 'image' in data['error']
        else:
            own = f'thing {number}'
            image = dict(path=send_file(url, images / '0.png'), meta=MARK)
            kind, data = answer_to(
                url, ask(url, image, 'detection', own, 0, 0.6, 1 + number, False)
            )
            assert kind == 'complete'
            found = data[3]
            assert set(found['label_names']) == {own}
            assert len(found['labels']) == 1 + number

    with ThreadPoolExecutor(CLIENTS) as clients:
        for job in [clients.submit(visit, number) for number in range(CLIENTS)]:
            job.result()
    assert resident_megabytes(os.getpid()) < memory + MOST_GROWTH
    for client in slow:
        client.close()


@pytest.mark.parametrize(
    ('size', 'expected'), [('20mb', 20 * 1024**2), ('1 KB', 1024), (77, 77), ('5', 5)]
)
def test_sizes(size: str, expected: int) -> None:
    assert bytes_of(size) == expected


@pytest.mark.parametrize('size', ['', 'mb', '-1mb', '1xb', '0', '1.5mb', None])
def test_what_is_no_size(size: object) -> None:
    with pytest.raises(ValueError, match='is no size'):
        bytes_of(size)


def test_what_is_an_upload(tmp_path: Path) -> None:
    folder = tmp_path / 'uploads'
    folder.mkdir()
    (folder / 'x.png').write_text('x')
    (tmp_path / 'secret').write_text('x')
    (folder / 'link').symlink_to(tmp_path / 'secret')
    (folder / 'loop').symlink_to(folder / 'loop')
    assert is_upload(str(folder / 'x.png'), folder)
    for path in ('link', 'loop', '../secret', 'none', '.', 'x.png/x', 'x\0'):
        assert not is_upload(f'{folder}/{path}', folder), path
    assert not is_upload(str(tmp_path / 'uploads2' / 'x'), folder)
    assert stored_bytes(folder) >= 1

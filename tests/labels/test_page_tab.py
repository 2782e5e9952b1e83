"""The page's tab that labels a handful of images, over HTTP as clients use it."""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

pytest.importorskip('gradio')

from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from glipv2.apis import GLIPv2Inferencer
from glipv2.labels.filters import Filters
from glipv2.labels.formats import WRITERS
from glipv2.labels.job import LabelJob, Wanted
from glipv2.labels.page_tab import TITLE, add_label_tab
from glipv2.labels.run import label_folder
from tests.apis.web_client import API, MARK, WAIT, answer_to, running_page, send_file
from tests.labels.conftest import contents

NAMES = 'a dog . a cat'
SCORE = 0.3


@pytest.fixture(scope='module')
def url(weights: str) -> Iterator[str]:
    """Serve a page with the tab."""
    model = GLIPv2Inferencer(weights=weights, device='cpu', show_progress=False)
    with running_page(model, tabs=[(TITLE, add_label_tab)]) as address:
        yield address


@pytest.fixture(scope='module')
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write images, two of one name, and files that are none."""
    folder = tmp_path_factory.mktemp('images') / 'images'
    noise = np.random.default_rng(1)
    for number, name in enumerate(('a.png', 'b.jpg', 'more/a.png')):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = noise.integers(0, 255, (48 + 8 * number, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
    (folder / 'broken.png').write_bytes(b'no image')
    (folder / 'notes.txt').write_text('no image')
    Image.new('1', (1100, 1000)).save(folder / 'large.png')  # 1 megapixel is the most
    return folder


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the server labels."""
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
    return tmp_path


def connected(url: str) -> Client:
    """Connect as a program does."""
    kwargs = dict(timeout=WAIT)
    return Client(url, verbose=False, ssl_verify=False, httpx_kwargs=kwargs)


@pytest.fixture(scope='module')
def client(url: str) -> Client:
    """Connect once for most tests."""
    return connected(url)


def label(client: Client, files: list[Path], *settings: object) -> tuple[str, str, str]:
    """Label images."""
    given = settings or (NAMES, ['coco'], SCORE)
    return client.predict(
        [handle_file(str(file)) for file in files], *given, api_name='/label'
    )


@pytest.mark.timeout(300)
def test_the_archive_is_what_the_command_writes(
    client: Client, shots: Path, weights: str, temporary: Path
) -> None:
    files = [shots / name for name in ('a.png', 'b.jpg')]
    found, said, sheet = label(client, files, NAMES, list(WRITERS), SCORE)
    assert said.startswith('2 images: 2 labelled, 0 skipped')
    folder = temporary / 'images'
    folder.mkdir()
    for file in files:
        (folder / file.name).write_bytes(file.read_bytes())
    job = LabelJob(folder, temporary / 'labels', ('a dog', 'a cat'), model=weights)
    label_folder(job, Wanted(tuple(WRITERS), Filters(score=SCORE), review=True), 'cpu')
    expected = {
        name: content.replace(json.dumps(weights).encode(), b'"GLIPv2"')
        for name, content in contents(job.out).items()
        if '/' in name or name == 'review.html'
        if not name.startswith('yolo/images')
    }
    with zipfile.ZipFile(found) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == expected
    shown = unescape(sheet.split('srcdoc="')[1].split('"')[0])
    assert shown.encode() == expected['review.html']
    assert '<iframe sandbox srcdoc=' in sheet


@pytest.mark.timeout(300)
def test_a_bad_image_is_a_line_and_nothing_stays(
    client: Client, shots: Path, temporary: Path
) -> None:
    names = ('broken.png', 'a.png', 'notes.txt', 'large.png', 'more/a.png')
    found, said, _ = label(client, [shots / name for name in names])
    head, _, *lines = said.splitlines()
    assert head == '5 images: 2 labelled, 3 skipped'
    assert [line.split(':')[0] for line in lines] == [
        'notes.txt', 'broken.png', 'large.png',
    ]  # fmt: skip
    assert 'does not end as an image' in lines[0]
    assert 'it is no image' in lines[1]
    assert 'make it smaller' in lines[2] and 'max_megapixels' not in said
    assert '/' not in said.replace('e.g.', '')
    with zipfile.ZipFile(found) as archive:
        images = json.loads(archive.read('coco/train.json'))['images']
    assert [image['file_name'] for image in images] == ['a-png.png', 'a.png']
    assert not list(temporary.glob('glipv2-label-*'))


@pytest.mark.timeout(300)
def test_only_bad_images(client: Client, shots: Path, temporary: Path) -> None:
    _, said, _ = label(client, [shots / 'broken.png'])
    assert said.startswith('1 images: 0 labelled, 1 skipped')
    with pytest.raises(AppError, match='notes.txt: its name does not end'):
        label(client, [shots / 'notes.txt'])
    assert not list(temporary.glob('glipv2-label-*'))


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ((' ', ['coco'], SCORE), 'there are no names'),
        ((NAMES, [], SCORE), 'there is no format'),
        ((NAMES, ['excel'], SCORE), 'excel'),
        ((NAMES, ['../../x'], SCORE), 'x'),
        ((NAMES, ['coco'], 0), 'minimum'),
        ((NAMES, ['coco'], 2), 'maximum'),
        (('a . b . c . ' * 9, ['coco'], SCORE), '20 is the most'),
        (('dog . ' * 400, ['coco'], SCORE), '2000 is the most'),
    ],
    ids=range(8),
)
def test_wrong_wishes_are_one_line(
    client: Client, shots: Path, settings: tuple, message: str
) -> None:
    with pytest.raises(AppError, match=message) as refused:
        label(client, [shots / 'a.png'], *settings)
    assert len(str(refused.value).splitlines()) == 1


def test_there_may_be_so_many_images(client: Client, shots: Path) -> None:
    with pytest.raises(AppError, match='21 images, but 20 is the most'):
        label(client, [shots / 'a.png'] * 21)
    with pytest.raises(AppError, match='there is no image: upload some'):
        label(client, [])


@pytest.mark.timeout(300)
def test_clients_at_once_get_their_own(url: str, shots: Path) -> None:
    files = [shots / 'a.png', shots / 'b.jpg', shots / 'more/a.png']

    def visit(number: int) -> None:
        own = f'thing {number}'
        found, said, sheet = label(
            connected(url), [files[number % 3]], own, ['coco'], 0.05
        )
        with zipfile.ZipFile(found) as archive:
            content = json.loads(archive.read('coco/train.json'))
        assert [image['file_name'] for image in content['images']] == [
            files[number % 3].name
        ]
        assert [x['name'] for x in content['categories']] == [own]
        assert f'{own}: ' in unescape(unescape(sheet))
        assert all(f'thing {x}' not in sheet + said for x in range(3) if x != number)

    with ThreadPoolExecutor(3) as clients:
        for job in [clients.submit(visit, number) for number in range(3)]:
            job.result()


def test_a_result_is_found_by_nobody_else(url: str, shots: Path) -> None:
    upload = dict(path=send_file(url, shots / 'a.png'), meta=MARK)
    body = dict(data=[[upload], NAMES, ['coco'], SCORE])
    asked = httpx.post(f'{url}{API}/call/label', json=body, timeout=WAIT)
    kind, data = answer_to(url, asked, 'label')
    assert kind == 'complete'
    place = Path(data[0]['path'])
    assert len(place.parent.name) == 64 and place.parent.stat().st_mode & 0o077 == 0
    for other in (place.parent, place.parent.parent, place.with_name('x.zip')):
        answer = httpx.get(f'{url}{API}/file={other}', timeout=WAIT)
        assert answer.status_code == 403


def test_only_uploads_are_labelled(url: str, shots: Path) -> None:
    upload = dict(path=send_file(url, shots / 'a.png'), meta=MARK)
    for other in ('/etc/passwd', str(shots / 'a.png'), 'http://127.0.0.1:1/x.png'):
        body = dict(data=[[upload, dict(path=other, meta=MARK)], NAMES, ['coco'], 0.3])
        asked = httpx.post(f'{url}{API}/call/label', json=body, timeout=WAIT)
        assert asked.status_code == 400 and 'upload' in asked.text
        for images in (other, [other], [upload, other]):
            body = dict(data=[images, NAMES, ['coco'], 0.3])
            asked = httpx.post(f'{url}{API}/call/label', json=body, timeout=WAIT)
            kind, data = answer_to(url, asked, 'label')
            assert kind == 'error' and other not in json.dumps(data)


@pytest.mark.timeout(300)
def test_a_failure_leaves_nothing(
    url: str,
    client: Client,
    shots: Path,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = Path(send_file(url, shots / 'a.png')).parents[1]
    before = set(folder.iterdir())

    def fail(*args: object) -> None:
        raise RuntimeError(f'no room at {temporary}')

    monkeypatch.setattr('glipv2.labels.handful.write_labels', fail)
    with pytest.raises(AppError, match='the server failed') as refused:
        label(client, [shots / 'a.png'])
    assert str(temporary) not in str(refused.value)
    assert not list(temporary.glob('glipv2-label-*'))
    assert set(folder.iterdir()) == before


def test_the_console_stays_quiet(
    client: Client, shots: Path, capsys: pytest.CaptureFixture
) -> None:
    label(client, [shots / 'a.png', shots / 'broken.png'])
    said = capsys.readouterr()
    assert 'broken' not in said.out + said.err

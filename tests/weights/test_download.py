"""Downloads from a server that cuts, delays, corrupts and lies."""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from glipv2.weights.content import content_of
from glipv2.weights.download import TRIES, download
from tests.file_server import FileServer, file_server

CONTENT = random.Random(0).randbytes(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as server:
        server.files['/file.pth'] = CONTENT
        yield server


def fetch(server: FileServer, target: Path, **known: object) -> None:
    known = dict(dict(size=len(CONTENT), sha256=SHA256), **known)
    download(f'{server.address}/file.pth', target, pause=0.01, timeout=0.5, **known)


@pytest.mark.parametrize('known', [{}, dict(sha256=SHA256[:8]), dict(size=None)])
def test_a_good_server(server: FileServer, tmp_path: Path, known: dict) -> None:
    target = tmp_path / 'new' / 'file.pth'
    seen: list[tuple[int, int | None]] = []
    fetch(server, target, report=lambda *numbers: seen.append(numbers), **known)
    assert content_of(target) == (len(CONTENT), SHA256)
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [x.name for x in target.parent.iterdir()] == ['file.pth']


@pytest.mark.parametrize(
    'faults',
    [
        ['cut'],
        ['cut', 'cut', '503', '429', 'cut', 'delay', 'cut'],
        ['cut', 'ignore range'],
        ['cut', 'another part'],
        ['delay'],
        ['no length'],
    ],
    ids='-'.join,
)
def test_bad_servers_are_outlasted(
    server: FileServer, tmp_path: Path, faults: list[str]
) -> None:
    server.faults = list(faults)
    fetch(server, tmp_path / 'file.pth')
    assert (tmp_path / 'file.pth').read_bytes() == CONTENT


def test_a_second_call_goes_on(server: FileServer, tmp_path: Path) -> None:
    server.faults = ['cut'] + ['500'] * TRIES
    with pytest.raises(OSError, match='what came of it is kept'):
        fetch(server, tmp_path / 'file.pth')
    assert not (tmp_path / 'file.pth').exists()
    fetch(server, tmp_path / 'file.pth')
    start = int(server.asked[-1][1].removeprefix('bytes=').removesuffix('-'))
    assert 0 < len(CONTENT) // 2 - start < 100_000
    assert (tmp_path / 'file.pth').read_bytes() == CONTENT


def test_a_length_that_is_too_large(server: FileServer, tmp_path: Path) -> None:
    server.faults = ['long']
    with pytest.raises(ValueError, match='offers 3000009 bytes'):
        fetch(server, tmp_path / 'file.pth')
    server.faults = ['long']
    fetch(server, tmp_path / 'file.pth', size=None)
    assert (tmp_path / 'file.pth').read_bytes() == CONTENT


@pytest.mark.parametrize('beyond', [0, 5])
def test_a_part_that_is_whole_or_too_long(
    server: FileServer, tmp_path: Path, beyond: int
) -> None:
    (tmp_path / 'file.pth.part').write_bytes(CONTENT + bytes(beyond))
    fetch(server, tmp_path / 'file.pth')
    assert (tmp_path / 'file.pth').read_bytes() == CONTENT


@pytest.mark.parametrize(
    ('faults', 'known', 'headers', 'message'),
    [
        (['corrupt'], {}, {}, 'SHA-256'),
        ([], dict(sha256='0000'), {}, 'that of the published file is 0000'),
        ([], dict(size=7), {}, 'offers 3000000 bytes, the published file has 7'),
        (['no length'], dict(size=7), {}, 'has 3000000 bytes, the published file has'),
        (['web page'], {}, {}, 'a web page instead of the file'),
        (
            ['corrupt'], dict(sha256='', size=None),
            {'X-Linked-Etag': f'"{SHA256}"'}, f'published file is {SHA256}',
        ),
    ],
)  # fmt: skip
def test_another_file_is_refused(
    server: FileServer,
    tmp_path: Path,
    faults: list[str],
    known: dict,
    headers: dict[str, str],
    message: str,
) -> None:
    server.faults, server.headers = list(faults), headers
    with pytest.raises(ValueError, match=message):
        fetch(server, tmp_path / 'file.pth', **known)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there_is_asked_for_once(
    server: FileServer, tmp_path: Path
) -> None:
    server.files.clear()
    with pytest.raises(OSError, match='404'):
        fetch(server, tmp_path / 'file.pth')
    assert len(server.asked) == 1

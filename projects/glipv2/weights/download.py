"""Fetching a large file: resumed after a break, checked before it gets its name."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import requests
from requests import Response

from ..whole_file import give_name
from .content import content_of

PIECE = 1 << 16  # bytes written at once; a break loses less than that
PART = '.part'  # of a file that is not whole yet
TRIES = 5  # without a byte of progress
TIMEOUT = 30  # s without an answer
PAUSE = 1.0  # s before the second try; it doubles
SHA256 = re.compile(r'"?([0-9a-f]{64})"?')


def download(
    url: str,
    target: Path,
    size: int | None = None,
    sha256: str = '',
    report: Callable[[int, int | None], None] = lambda have, total: None,
    pause: float = PAUSE,
    timeout: float = TIMEOUT,
) -> None:
    """Fetch a file; what an earlier call fetched of it is kept.

    Proxies are those of the environment (``HTTPS_PROXY``, ...).

    Args:
        url: Where it is.
        target: The file to write; it is there whole and checked, or not at all.
        size: How many bytes it must have, if that is known.
        sha256: Its hash, or the first digits of it.
        report: Called with the bytes that are here and those that there will be.
        pause: Before the second try, s.
        timeout: How long an answer may take, s.

    Raises:
        OSError: If the file cannot be had, or there is no room for it.
        ValueError: If another file was sent than the published one.
    """
    part = target.with_name(f'{target.name}{PART}')
    target.parent.mkdir(parents=True, exist_ok=True)
    told = ''
    tries = 0
    while True:
        before = _size_of(part)
        try:
            told = _go_on(url, part, size, report, timeout)
            break
        except (requests.RequestException, Unfinished) as error:
            status = getattr(getattr(error, 'response', None), 'status_code', 500)
            tries = 1 if _size_of(part) > before else tries + 1
            if tries >= TRIES or (400 <= status < 500 and status not in (408, 429)):
                raise OSError(
                    f'{url} could not be fetched ({error}); what came of it is kept'
                ) from error
            time.sleep(pause * 2 ** (tries - 1))
    try:
        check_published(part, size, sha256, told)
    except ValueError as error:
        part.unlink()
        raise ValueError(
            f'{url} sent another file than the published one: {error}. Fetch it again, '
            'or from another place'
        ) from error
    give_name(part, target)


def check_published(path: Path, size: int | None, *sha256: str) -> None:
    """Compare a file with what is known of the published one.

    Args:
        path: The file.
        size: Bytes, if they are known.
        *sha256: The hash, or its first digits; ``''``: not known.

    Raises:
        ValueError: If it is another file.
    """
    bytes_there = path.stat().st_size
    if size is not None and bytes_there != size:
        raise ValueError(
            f'{path.name} has {bytes_there} bytes, the published file has {size}'
        )
    known = [each.lower() for each in sha256 if each]
    digest = content_of(path)[1] if known else ''
    for each in known:
        if not digest.startswith(each):
            raise ValueError(
                f'{path.name} has the SHA-256 {digest}, that of the published file '
                f'is {each}'
            )


class Unfinished(Exception):
    """The connection ended before the file did."""


def _size_of(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _go_on(
    url: str,
    part: Path,
    size: int | None,
    report: Callable[[int, int | None], None],
    timeout: float,
) -> str:
    """Ask for what is missing, or for everything where a server cannot divide.

    Returns:
        The file's hash if the server tells it.
    """
    have = _size_of(part)
    headers = {'Accept-Encoding': 'identity'}
    if have:
        headers['Range'] = f'bytes={have}-'
    with requests.get(url, headers=headers, stream=True, timeout=timeout) as answer:
        if answer.status_code == 416:  # nothing is missing, or too much is there
            whole = answer.headers.get('Content-Range', '').rpartition('/')[2]
            if whole != str(have):
                part.unlink()
                raise Unfinished('more came than there is')
            return _hash_in(answer)
        answer.raise_for_status()
        if 'text/html' in answer.headers.get('Content-Type', ''):
            raise ValueError(
                f'{url} sent a web page instead of the file; a network may ask you to '
                'log in'
            )
        given = answer.headers.get('Content-Range', '')
        resumed = answer.status_code == 206 and given.startswith(f'bytes {have}-')
        if answer.status_code == 206 and not resumed:
            part.unlink(missing_ok=True)
            raise Unfinished(f'another part was sent: {given}')
        have = have if resumed else 0
        length = answer.headers.get('Content-Length')
        total = None if length is None else have + int(length)
        if None not in (total, size) and total != size:
            part.unlink(missing_ok=True)
            raise ValueError(
                f'{url} offers {total} bytes, the published file has {size}'
            )
        with open(part, 'ab' if resumed else 'wb') as file:
            for chunk in answer.iter_content(PIECE):
                file.write(chunk)
                have += len(chunk)
                report(have, total)
        if total is not None and have < total:
            raise Unfinished(f'{have} of {total} bytes came')
        return _hash_in(answer)


def _hash_in(answer: Response) -> str:
    """Read the hash that the Hugging Face hub sends of a large file."""
    for each in (*answer.history, answer):
        found = SHA256.fullmatch(each.headers.get('X-Linked-Etag', ''))
        if found:
            return found[1]
    return ''

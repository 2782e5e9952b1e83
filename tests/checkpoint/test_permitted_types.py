"""What a checkpoint may name, by both ways of reading."""

import struct
import zipfile
from collections.abc import Callable
from copy import copy
from pathlib import Path
from pickle import UnpicklingError
from types import ModuleType

import numpy as np
import pytest
import torch
from mmengine.logging.history_buffer import HistoryBuffer
from torch import _weights_only_unpickler

from glipv2.checkpoint.permitted_types import read_plain, read_plain_with_pickle

READERS = pytest.mark.parametrize('read', [read_plain, read_plain_with_pickle])


def named(module: str, name: str) -> bytes:
    """Write a global in pickle's language."""
    return f'c{module}\n{name}\n'.encode()


def word(text: str) -> bytes:
    """Write a string in pickle's language."""
    return b'X' + struct.pack('<I', len(text)) + text.encode()


def call(function: bytes, *arguments: bytes) -> bytes:
    """Write a call in pickle's language."""
    return function + b'(' + b''.join(arguments) + b'tR'


def attribute(owner: bytes, name: str) -> bytes:
    """Write a call of the built-in getattr in pickle's language."""
    return call(named('builtins', 'getattr'), owner, word(name))


def write_archive(path: Path, program: bytes) -> None:
    """Write a file of torch.save whose pickle is a program."""
    torch.save({}, path)
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, 'w') as archive:
        for name, data in content.items():
            is_pickle = name.endswith('data.pkl')
            archive.writestr(name, b'\x80\x02' + program + b'.' if is_pickle else data)


@READERS
def test_getattr_leads_nowhere(read: Callable, tmp_path: Path) -> None:
    """With mmengine's own list of what is allowed, this file runs its code."""
    rebuild = named('torch._utils', '_rebuild_device_tensor_from_numpy')
    builtins = attribute(named('builtins', 'getattr'), '__self__')
    space = attribute(rebuild, '__globals__')
    fake_torch = (
        named('mmengine.logging.history_buffer', 'HistoryBuffer') + b')\x81}'
        + word('from_numpy') + attribute(builtins, 'exec') + b'sb'
    )  # fmt: skip
    program = (
        space + word('_get_restore_location') + attribute(builtins, 'str') + b's'
        + word('torch') + fake_torch + b's0'
        + call(rebuild, word(f'open({str(tmp_path / "ran")!r}, "w")'),
               word('f'), word('cpu'), b'\x89')
    )  # fmt: skip
    write_archive(tmp_path / 'evil.pth', program)
    # Torch 2.1 refuses the function that the program starts from, before getattr.
    with pytest.raises(UnpicklingError, match='GLOBAL (builtins.getattr|torch._utils)'):
        read(tmp_path / 'evil.pth')
    assert not (tmp_path / 'ran').exists()


@READERS
@pytest.mark.parametrize(
    'program',
    [
        attribute(named('builtins', 'getattr'), '__self__'),
        attribute(named('numpy', 'ndarray'), '__reduce__'),
        attribute(named('mmengine.logging.history_buffer', 'HistoryBuffer'), 'data'),
    ],
)
def test_getattr_finds_statistics_only(
    read: Callable, program: bytes, tmp_path: Path
) -> None:
    write_archive(tmp_path / 'evil.pth', program)
    with pytest.raises(UnpicklingError, match=r'GLOBAL builtins\.getattr'):
        read(tmp_path / 'evil.pth')


@pytest.mark.parametrize(
    'arguments',
    [
        (word('abc'), word('rot13')),
        (word('abc'), word('utf-8')),
        (word('abc'), word('zip')),
        (b']', word('latin1')),
    ],
)
def test_text_becomes_bytes_by_one_codec_only(
    arguments: tuple[bytes, bytes], tmp_path: Path
) -> None:
    """Before 2.5, torch lets files name no codec at all; pickle itself has one."""
    program = call(named('_codecs', 'encode'), *arguments)
    write_archive(tmp_path / 'text.pth', program)
    with pytest.raises(UnpicklingError, match=r'GLOBAL _codecs\.encode'):
        read_plain_with_pickle(tmp_path / 'text.pth')


@pytest.mark.parametrize('name', ['encode', 'bytes'])
def test_torch_need_not_allow_bytes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What torch 2.1 allows is less than what mmengine's checkpoints need."""
    allowed = {
        full_name: value
        for full_name, value in _weights_only_unpickler._get_allowed_globals().items()
        if not full_name.startswith(('_codecs', 'builtins'))
    }
    monkeypatch.setattr(
        _weights_only_unpickler, '_get_allowed_globals', lambda: allowed
    )
    content = dict(encode=np.arange(3), bytes=np.zeros(0))[name]
    torch.save({'value': content}, tmp_path / 'run.pth')
    assert np.array_equal(
        read_plain_with_pickle(tmp_path / 'run.pth')['value'], content
    )


@READERS
def test_numpy_may_have_a_stub_of_its_other_core(
    read: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NumPy 1.26 has an attribute ``_core`` as soon as an extension asks for it."""
    torch.save({'value': np.arange(3)}, tmp_path / 'run.pth')
    stub = ModuleType('numpy._core')
    for name in ('_core', 'core'):
        monkeypatch.setattr(np, name, stub, raising=False)
    assert read(tmp_path / 'run.pth')['value'].tolist() == [0, 1, 2]


@READERS
@pytest.mark.parametrize('module', ['numpy.core', 'numpy._core'])
def test_numbers_of_both_numpys_are_read(
    read: Callable, module: str, tmp_path: Path
) -> None:
    """Files name NumPy's functions after the NumPy that wrote them."""
    program = call(
        named(f'{module}.multiarray', 'scalar'),
        call(named('numpy', 'dtype'), word('i8'), b'\x89', b'\x88'),
        call(named('_codecs', 'encode'), word('\x07' + '\0' * 7), word('latin1')),
    )
    write_archive(tmp_path / 'number.pth', program)
    assert read(tmp_path / 'number.pth') == 7


@READERS
def test_log_buffers_and_arrays_are_read(read: Callable, tmp_path: Path) -> None:
    buffer = HistoryBuffer([1.0, 2.0, 6.0], [1, 1, 1])
    content = dict(
        buffer=buffer, empty=HistoryBuffer(), best=np.float32(0.5),
        weight=torch.arange(6.0).reshape(2, 3),
        palette=np.arange(3, dtype=np.uint8), flags=np.array([True, False]),
    )  # fmt: skip
    torch.save(content, tmp_path / 'run.pth')
    found = read(tmp_path / 'run.pth')
    assert found['buffer'].mean() == 3
    assert found['buffer'].statistics('max') == 6
    assert found['empty'].data[0].shape == (0,)
    assert torch.equal(found['weight'], content['weight'])
    assert found['best'] == 0.5
    assert found['palette'].tolist() == [0, 1, 2]
    assert found['flags'].tolist() == [True, False]


@READERS
def test_old_file_format_is_read(read: Callable, tmp_path: Path) -> None:
    weight = torch.arange(4.0)
    path = tmp_path / 'old.pth'
    torch.save({'a': weight}, path, _use_new_zipfile_serialization=False)
    assert torch.equal(read(path)['a'], weight)


@READERS
def test_scripts_are_refused(read: Callable, tmp_path: Path) -> None:
    torch.jit.script(torch.nn.Linear(1, 1)).save(str(tmp_path / 'script.pth'))
    with pytest.raises(UnpicklingError, match=r'torch\.jit'):
        read(tmp_path / 'script.pth')


@READERS
@pytest.mark.parametrize(
    'rest', [b'', b'ext of a page\nand more\n', bytes(300), b'.' * 9]
)
def test_damage_is_one_kind_of_error(
    read: Callable, rest: bytes, tmp_path: Path
) -> None:
    """Whatever operation of a pickle the first byte happens to stand for."""
    for first in range(256):
        (tmp_path / 'damaged.pth').write_bytes(bytes([first]) + rest)
        with pytest.raises((RuntimeError, UnpicklingError)):
            read(tmp_path / 'damaged.pth')


@READERS
def test_a_missing_file_is_no_damage(read: Callable, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / 'none.pth')


@READERS
@pytest.mark.parametrize('copies', [1, 3])
def test_what_unpacks_to_more_than_the_file_has_is_refused(
    copies: int, read: Callable, tmp_path: Path
) -> None:
    path = tmp_path / 'bomb.pth'
    torch.save(dict(a=torch.zeros(100_000)), path)
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    packed = zipfile.ZIP_DEFLATED if copies == 1 else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, 'w', packed) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
        # Names without bytes of their own: all stand for those of the largest part.
        for number in range(1, copies):
            twin = copy(max(archive.filelist, key=lambda entry: entry.file_size))
            twin.filename = twin.orig_filename = f'x/{number}'
            archive.filelist.append(twin)
    with pytest.raises(RuntimeError, match='is compressed|overlap'):
        read(path)

"""Types that a checkpoint may hold: tensors, numbers and mmengine's log buffers."""

import pickle
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from mmengine.logging.history_buffer import HistoryBuffer

NUMBER_CODES = '?' + np.typecodes['AllInteger'] + np.typecodes['AllFloat']
PYTHON2_MODULES = {'__builtin__': 'builtins'}  # torch.save writes Python 2's names
STATISTICS = ('min', 'max', 'mean', 'current')


def mmengine_globals() -> dict[str, Callable]:
    """List what mmengine's checkpoints hold besides tensors.

    mmengine allows the built-in ``getattr``, with which its log buffers are pickled
    and through which a file could reach any function. Here it is replaced by a
    ``getattr`` for the statistics of these buffers.

    Returns:
        Functions and types by their full name in a file.
    """
    allowed = [HistoryBuffer, np.ndarray, np.dtype, slice]
    allowed += dict.fromkeys(type(np.dtype(code)) for code in NUMBER_CODES)
    allowed.append(_named(_statistic, 'builtins', 'getattr'))
    allowed.append(_named(_bytes_of, '_codecs', 'encode'))
    allowed.append(_named(_no_bytes, 'builtins', 'bytes'))
    # The module of these two depends on the NumPy that wrote the file.
    for pickled in (np.zeros(1), np.float64(0)):
        rebuild = pickled.__reduce__()[0]
        for module in ('numpy.core.multiarray', 'numpy._core.multiarray'):
            allowed.append(_named(rebuild, module, rebuild.__name__))
    return {f'{item.__module__}.{item.__qualname__}': item for item in allowed}


def read_plain(path: Path, is_compared: bool = False) -> object:
    """Read a file of ``torch.save`` with nothing but permitted types.

    Args:
        path: The file.
        is_compared: Whether its content is known to be what was written; else the
            archive's checksums are compared, for which all is read once more.

    Returns:
        Its content, on the CPU.

    Raises:
        UnpicklingError: If the file holds other types, or a TorchScript archive.
        OSError: If the file cannot be read.
        RuntimeError: If the file is damaged.
    """
    safe_globals = getattr(torch.serialization, 'safe_globals', None)
    if safe_globals is None:  # torch < 2.5 cannot be told what else to allow
        return read_plain_with_pickle(path, is_compared)
    with _data_only(path, is_compared), safe_globals(list(mmengine_globals().values())):
        return torch.load(path, map_location='cpu', weights_only=True)


def read_plain_with_pickle(path: Path, is_compared: bool = False) -> object:
    """Do what :func:`read_plain` does with torch before 2.5."""
    from torch._weights_only_unpickler import _get_allowed_globals

    allowed = {**_get_allowed_globals(), **mmengine_globals()}

    class PlainUnpickler(pickle.Unpickler):
        """An unpickler that finds only permitted types."""

        def find_class(self, module: str, name: str) -> object:
            full_name = f'{PYTHON2_MODULES.get(module, module)}.{name}'
            if full_name not in allowed:
                raise UnpicklingError(f'Unsupported global: GLOBAL {full_name}')
            return allowed[full_name]

    def load(file: Any, **options: Any) -> object:
        return PlainUnpickler(file, **options).load()

    reader = SimpleNamespace(__name__='pickle', Unpickler=PlainUnpickler, load=load)
    with _data_only(path, is_compared):
        return torch.load(
            path, map_location='cpu', pickle_module=reader, weights_only=False
        )


@contextmanager
def _data_only(path: Path, is_compared: bool) -> Iterator[None]:
    """Refuse TorchScript, and raise one type of error for all damage."""
    try:
        # Some versions of torch would load it with torch.jit.load in any case.
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if any(name.endswith('/constants.pkl') for name in archive.namelist()):
                    raise UnpicklingError('Unsupported global: GLOBAL torch.jit')
                entries = archive.infolist()
                # torch stores as it is; packed or overlapping parts may unpack without
                # end.
                if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                    raise RuntimeError('it is compressed')
                if sum(entry.file_size for entry in entries) > path.stat().st_size:
                    raise RuntimeError('its parts overlap')
                # torch does not compare checksums.
                if not is_compared and archive.testzip() is not None:
                    raise RuntimeError('its checksums do not fit')
        yield
    except (UnpicklingError, OSError):
        raise
    # On damaged data an unpickler may fail in any way.
    except Exception as error:
        raise RuntimeError(f'{path} is damaged: {error}') from error


def _bytes_of(text: str, encoding: str) -> bytes:
    """Decode bytes as pickle's protocol 2, which torch uses, writes them."""
    if not isinstance(text, str) or encoding != 'latin1':
        raise UnpicklingError('Unsupported global: GLOBAL _codecs.encode')
    return text.encode(encoding)


def _no_bytes() -> bytes:
    """Return empty bytes, which protocol 2 writes as a call without arguments."""
    return b''


def _statistic(owner: object, name: str) -> Callable:
    if owner is not HistoryBuffer or name not in STATISTICS:
        raise UnpicklingError('Unsupported global: GLOBAL builtins.getattr')
    return getattr(HistoryBuffer, name)


def _named(function: Callable, module: str, name: str) -> Callable:
    """Wrap a function under the name that files use for it."""

    def call(*args: Any) -> object:
        return function(*args)

    call.__module__, call.__name__, call.__qualname__ = module, name, name
    return call

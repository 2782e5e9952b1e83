"""What a checkpoint may name: tensors, numbers and mmengine's log buffers."""

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
    """List what mmengine's checkpoints name beside tensors.

    mmengine itself allows the built-in ``getattr``, which its log buffers are pickled
    with; from there a file reaches every function of Python. Here a ``getattr`` of
    the buffers' statistics takes its place.

    Returns:
        What to use, by the full name in the file.
    """
    allowed = [HistoryBuffer, np.ndarray, np.dtype, slice]
    allowed += dict.fromkeys(type(np.dtype(code)) for code in NUMBER_CODES)
    allowed.append(_named(_statistic, 'builtins', 'getattr'))
    allowed.append(_named(_bytes_of, '_codecs', 'encode'))
    allowed.append(_named(_no_bytes, 'builtins', 'bytes'))
    # Where these two live differs between NumPys; what arrays are pickled with does
    # not. A file has the place of the NumPy that wrote it.
    for pickled in (np.zeros(1), np.float64(0)):
        rebuild = pickled.__reduce__()[0]
        for module in ('numpy.core.multiarray', 'numpy._core.multiarray'):
            allowed.append(_named(rebuild, module, rebuild.__name__))
    return {f'{item.__module__}.{item.__qualname__}': item for item in allowed}


def read_plain(path: Path) -> object:
    """Read a file of ``torch.save`` that names nothing but tensors and the above.

    Args:
        path: The file.

    Returns:
        Its content, on the CPU.

    Raises:
        UnpicklingError: If the file names anything else, or holds a script.
        OSError: If the file cannot be read.
        RuntimeError: If the file is damaged.
    """
    safe_globals = getattr(torch.serialization, 'safe_globals', None)
    if safe_globals is None:  # torch < 2.5 cannot be told what else to allow
        return read_plain_with_pickle(path)
    with _data_only(path), safe_globals(list(mmengine_globals().values())):
        return torch.load(path, map_location='cpu', weights_only=True)


def read_plain_with_pickle(path: Path) -> object:
    """Do what :func:`read_plain` does, for torch before 2.5.

    Args:
        path: The file.

    Returns:
        Its content, on the CPU.

    Raises:
        UnpicklingError: If the file names anything else, or holds a script.
        OSError: If the file cannot be read.
        RuntimeError: If the file is damaged.
    """
    from torch._weights_only_unpickler import _get_allowed_globals

    allowed = {**_get_allowed_globals(), **mmengine_globals()}

    class PlainUnpickler(pickle.Unpickler):
        """A pickle reader that finds only what is allowed."""

        def find_class(self, module: str, name: str) -> object:
            full_name = f'{PYTHON2_MODULES.get(module, module)}.{name}'
            if full_name not in allowed:
                raise UnpicklingError(f'Unsupported global: GLOBAL {full_name}')
            return allowed[full_name]

    def load(file: Any, **options: Any) -> object:
        return PlainUnpickler(file, **options).load()

    reader = SimpleNamespace(__name__='pickle', Unpickler=PlainUnpickler, load=load)
    with _data_only(path):
        return torch.load(
            path, map_location='cpu', pickle_module=reader, weights_only=False
        )


@contextmanager
def _data_only(path: Path) -> Iterator[None]:
    """Refuse a script, and turn what damage raises in a reader into one error."""
    try:
        # Some versions of torch run torch.jit.load on it, whatever they are asked for.
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if any(name.endswith('/constants.pkl') for name in archive.namelist()):
                    raise UnpicklingError('Unsupported global: GLOBAL torch.jit')
        yield
    except (UnpicklingError, OSError):
        raise
    # Damage stops a reader of pickles anywhere: a number lacks bytes, a list is empty.
    except Exception as error:
        raise RuntimeError(f'{path} is damaged: {error}') from error


def _bytes_of(text: str, encoding: str) -> bytes:
    """Make bytes of text, as files of pickle's protocol 2 (torch's) hold them."""
    if not isinstance(text, str) or encoding != 'latin1':
        raise UnpicklingError('Unsupported global: GLOBAL _codecs.encode')
    return text.encode(encoding)


def _no_bytes() -> bytes:
    """Make no bytes: such files hold them as a call without arguments."""
    return b''


def _statistic(owner: object, name: str) -> Callable:
    if owner is not HistoryBuffer or name not in STATISTICS:
        raise UnpicklingError('Unsupported global: GLOBAL builtins.getattr')
    return getattr(HistoryBuffer, name)


def _named(function: Callable, module: str, name: str) -> Callable:
    """Give a function the name under which files know it."""

    def call(*args: Any) -> object:
        return function(*args)

    call.__module__, call.__name__, call.__qualname__ = module, name, name
    return call

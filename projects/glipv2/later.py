"""Modules that libraries import and most calls never use: imported on first use.

mmdet's data sets import imgaug, with numba and scipy.stats, for lanes, and its tracking
error pictures pyplot; its tracking, transformers' writing and nltk's classifiers import
scikit-learn, with pandas; transformers imports PyTorch's compiler, and the package of
its models reads the files of all of them, which are hundreds.
"""

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from threading import RLock
from types import ModuleType
from typing import Any

# Packages, and the modules of theirs that wait. One within another looks up its modules
# by name, so that those that were imported past it are found in it later.
PACKAGES = {
    'imagecorruptions': '',
    'imgaug': 'augmenters augmentables.lines augmentables.segmaps',
    'matplotlib': 'collections colors font_manager ft2font patches pyplot ticker',
    'sklearn': 'datasets feature_extraction gaussian_process gaussian_process.kernels '
    'metrics mixture preprocessing svm',
    'transformers.models': '',
}
# mmdet's, for lanes and other models' assigners; nltk's, for a test of word pairs; the
# others bring PyTorch's compiler.
MODULES = (
    'scipy.interpolate',
    'scipy.optimize',
    'scipy.stats',
    'transformers.integrations.flex_attention',
    'torch._dynamo._trace_wrapped_higher_order_op',
    'torch.nn.attention.flex_attention',
)

# Threads must not take each other's stand-ins away.
LOCK = RLock()


@contextmanager
def imported_later() -> Iterator[None]:
    """Let modules that are imported meanwhile have these on their first use.

    What is imported already stays, and afterwards ``import`` gives the real modules.
    """
    with LOCK:
        for package, parts in PACKAGES.items():
            spec = None if package in sys.modules else _spec_of(package)
            if spec is not None:  # else, what imports it says so as it always did
                _stand_in(package, spec, parts.split())
        for name in MODULES:
            sys.modules.setdefault(name, _Module(name))
        sys.meta_path.insert(0, _Others)
        try:
            yield
        finally:
            sys.meta_path.remove(_Others)
            for name in (*PACKAGES, *MODULES):
                _remove_stand_ins(name)


def _stand_in(package: str, spec: ModuleSpec, parts: Sequence[str]) -> None:
    sys.modules[package] = _Module(package)
    sys.modules[package].__spec__ = spec
    sys.modules[package].__path__ = spec.submodule_search_locations
    for part in parts:
        sys.modules[f'{package}.{part}'] = _Module(f'{package}.{part}')


def _spec_of(package: str) -> ModuleSpec | None:
    """Find a package, without importing the one that it is in."""
    outer = package.rpartition('.')[0]
    try:
        around = find_spec(outer or package)
    except ImportError:  # the check of the environment says so
        return None
    if not outer:
        return around
    places = around and around.submodule_search_locations
    return PathFinder.find_spec(package, places) if places else None


class _Module(ModuleType):
    """Gives names that are looked up when they are used."""

    def __getattr__(self, name: str) -> Any:
        # Asked for its version, or used after the import: no need to wait.
        if name == '__version__' or sys.modules.get(self.__name__) is not self:
            return getattr(_real(self.__name__), name)
        if name.startswith('__'):
            raise AttributeError(name)
        whole = f'{self.__name__}.{name}'
        return sys.modules.get(whole) or _Name(self.__name__, name)


class _Others(MetaPathFinder):
    """Notices a module that is not listed: then its package has to be the real one."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        """Find nothing."""
        package = name.partition('.')[0]
        if isinstance(sys.modules.get(package), _Module):
            _real(package)


class _Name:
    """A function or class of a module, or any other of its names."""

    def __init__(self, module: str, name: str) -> None:
        self._later = module, name

    def _now(self) -> Any:
        module, name = self._later
        return getattr(_real(module), name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._now()(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith('__'):
            raise AttributeError(name)  # such as typing asks for
        return getattr(self._now(), name)

    def __getitem__(self, key: Any) -> Any:
        return self._now()[key]

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self._now())

    def __mro_entries__(self, bases: tuple) -> tuple:
        return (self._now(),)


def _real(name: str) -> ModuleType:
    """Import a module, of whose package nothing may be a stand-in any more."""
    alone = name in MODULES or name in PACKAGES
    _remove_stand_ins(name if alone else name.partition('.')[0])
    return importlib.import_module(name)


def _remove_stand_ins(package: str) -> None:
    for name, module in sys.modules.copy().items():
        if isinstance(module, _Module) and f'{name}.'.startswith(f'{package}.'):
            sys.modules.pop(name, None)  # another thread may have used it

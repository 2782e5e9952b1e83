"""Modules that libraries import and most calls never use: imported on first use.

mmdet's data sets import imgaug, with numba and scipy.stats, for lanes, and its tracking
error pictures pyplot; its tracking, transformers' writing and nltk's classifiers import
scikit-learn, with pandas; transformers imports PyTorch's compiler, and the package of
its models reads the files of all of them, which are hundreds. For models that are
divided among processes, mmengine and transformers import PyTorch's distributed tensors,
with a package for symbolic mathematics.
"""

import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
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
    'torch.distributed.fsdp': 'wrap',
    'torch.distributed.tensor': '',
    'transformers.models': '',
}
# mmdet's, for lanes and other models' assigners; nltk's, for a test of word pairs; the
# others bring PyTorch's compiler.
MODULES = (
    'scipy.interpolate',
    'scipy.optimize',
    'scipy.special',
    'scipy.stats',
    'transformers.integrations.flex_attention',
    'transformers.integrations.tensor_parallel',
    'torch._dynamo._trace_wrapped_higher_order_op',
    'torch.nn.attention.flex_attention',
)
# Of models and optimisers divided among processes: each module's class, and the
# registry of mmengine's that it is in. Asked for the class, it imports the module.
REGISTERED = {
    'mmengine.model.wrappers.fully_sharded_distributed': (
        'MODEL_WRAPPERS', 'MMFullyShardedDataParallel',
    ),
    'mmengine.optim.optimizer.zero_optimizer': (
        'OPTIMIZERS', 'ZeroRedundancyOptimizer',
    ),
    'mmengine._strategy.fsdp': ('STRATEGIES', 'FSDPStrategy'),
    'glipv2.engine.divided_model': ('MODEL_WRAPPERS', 'DividedModel'),
    'glipv2.engine.sharded': ('STRATEGIES', 'ShardedStrategy'),
}  # fmt: skip

# Threads must not take each other's stand-ins away.
LOCK = RLock()


@contextmanager
def imported_later(packages: Sequence[str] | None = None) -> Iterator[None]:
    """Let modules that are imported meanwhile have these on their first use.

    What is imported already stays, and afterwards ``import`` gives the real modules.

    Args:
        packages: Those of ``PACKAGES`` that wait; None: all.
    """
    with LOCK:
        for package in PACKAGES if packages is None else packages:
            spec = None if package in sys.modules else _spec_of(package)
            if spec is not None:  # else, what imports it says so as it always did
                _stand_in(package, spec, PACKAGES[package].split())
        # Where the package around it is there, nothing would import it from now on.
        waiting = [x for x in REGISTERED if x.rpartition('.')[0] not in sys.modules]
        for name in (*MODULES, *waiting):
            sys.modules.setdefault(name, _Module(name))
        sys.meta_path.insert(0, _Others)
        try:
            yield
        finally:
            sys.meta_path.remove(_Others)
            stand_ins = {x: sys.modules[x] for x in waiting}
            for name in (*PACKAGES, *MODULES, *waiting):
                _remove_stand_ins(name)
        for name, module in stand_ins.items():
            if isinstance(module, _Module) and module.was_asked:
                _register_later(name)


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


def _register_later(module: str) -> None:
    """Let a registry import a module when it is asked for its class."""
    registry, name = REGISTERED[module]
    registry = getattr(sys.modules['mmengine.registry'], registry)
    if not isinstance(registry._module_dict, _Classes):
        registry._module_dict = _Classes(registry._module_dict)
    registry._module_dict.waiting[name] = module


class _Classes(dict):
    """Those of a registry, which its children look up in here, too."""

    def __init__(self, known: Mapping[str, type]) -> None:
        super().__init__(known)
        self.waiting: dict[str, str] = {}

    def __contains__(self, name: object) -> bool:
        module = self.waiting.pop(name, None)
        if module is not None:  # it registers its class
            importlib.import_module(module)
        return super().__contains__(name)


class _Module(ModuleType):
    """Gives names that are looked up when they are used."""

    was_asked = False

    def __getattr__(self, name: str) -> Any:
        # Asked for its version, or used after the import: no need to wait.
        if name == '__version__' or sys.modules.get(self.__name__) is not self:
            return getattr(_real(self.__name__), name)
        if name.startswith('__'):
            raise AttributeError(name)
        whole = f'{self.__name__}.{name}'
        self.was_asked = True
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

    def __subclasscheck__(self, derived: type) -> bool:
        return issubclass(derived, self._now())

    def __or__(self, other: Any) -> Any:
        return self._now() | other

    def __ror__(self, other: Any) -> Any:
        return other | self._now()

    def __mro_entries__(self, bases: tuple) -> tuple:
        return (self._now(),)


def _real(name: str) -> ModuleType:
    """Import a module, of whose package nothing may be a stand-in any more."""
    alone = any(name in each for each in (MODULES, PACKAGES, REGISTERED))
    _remove_stand_ins(name if alone else name.partition('.')[0])
    return importlib.import_module(name)


def _remove_stand_ins(package: str) -> None:
    for name, module in sys.modules.copy().items():
        if isinstance(module, _Module) and f'{name}.'.startswith(f'{package}.'):
            sys.modules.pop(name, None)  # another thread may have used it

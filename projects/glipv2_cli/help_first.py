"""``--help`` of a script at once: import this before anything else.

What a script imports takes seconds: PyTorch, mmdet, and ``glipv2``, which fills their
registries. Its parser needs none of that, only names such as those of the tasks. So if
help is asked for, other packages are replaced by stand-ins, and packages of ``glipv2``
are entered without their ``__init__``; their modules, the script and its parser are the
real ones. Without ``--help`` nothing is changed.
"""

import argparse
import sys
from abc import ABCMeta
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

HELP = ('-h', '--help')
OURS = ('glipv2', 'glipv2_cli')
NOWHERE = '/stand/in/for/a/file'
KEPT = sys.stdlib_module_names | {'glipv2_cli', '__main__'}


class _Anything(ABCMeta):
    """Every attribute, call, item and operation gives the stand-in again."""

    def __getattr__(cls, name: str) -> Any:
        if name == '__file__':
            return NOWHERE
        if name.startswith('__'):
            raise AttributeError(name)
        # argparse looks into its actions.
        return argparse.Action if name.endswith('Action') else StandIn

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return StandIn

    def __fspath__(cls) -> str:
        return NOWHERE

    def __iter__(cls) -> Iterator:
        return iter(())

    __getitem__ = __or__ = __ror__ = __add__ = __radd__ = __sub__ = __rsub__ = __call__
    __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __lt__ = __gt__ = __call__


class StandIn(metaclass=_Anything):
    """In place of whatever another package has; may be inherited from."""


class _StandInModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        return getattr(StandIn, name)


class _Finder(MetaPathFinder, Loader):
    """Finds ours without their ``__init__``, and stand-ins for all others."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        root = name.split('.')[0]
        if root in KEPT:
            return None
        spec = _spec_of(name, path) if root in OURS else None
        if spec is None:
            return ModuleSpec(name, self, is_package=True)
        if spec.submodule_search_locations is None:
            return spec  # a module of ours: as it is
        bare = ModuleSpec(name, self, is_package=True)
        bare.submodule_search_locations = list(spec.submodule_search_locations)
        return bare

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandInModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


class _Formatter(argparse.HelpFormatter):
    """Keeps the lines of the description, and shows the default of each option."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return ''.join(indent + line for line in text.splitlines(keepends=True))

    def add_argument(self, action: argparse.Action) -> None:
        """Add an argument's line to the help."""
        if action.help is not argparse.SUPPRESS:
            action.help = _with_default(action)
        super().add_argument(action)


def _with_default(action: argparse.Action) -> str | None:
    said, value = action.help or '', action.default
    optional = action.option_strings or action.nargs in ('?', '*')
    is_flag = value is argparse.SUPPRESS or action.nargs == 0
    if 'default' in said or is_flag or not optional or action.required:
        return action.help
    if value is None or value in ('', [], {}, ()):
        value = 'none'
    if isinstance(value, (list, tuple)):
        value = ' '.join(map(str, value))
    return f'{said} (default: {str(value).replace("%", "%%")})'.strip()


def _spec_of(name: str, path: Any) -> ModuleSpec | None:
    for finder in sys.meta_path:
        if not isinstance(finder, _Finder) and (spec := finder.find_spec(name, path)):
            return spec
    return None


def is_asked(arguments: Sequence[str]) -> bool:
    """Tell whether a command line asks for help."""
    return any(argument in HELP for argument in arguments)


if is_asked(sys.argv[1:]):
    sys.meta_path.insert(0, _Finder())
    argparse.ArgumentParser._get_formatter = (  # type: ignore[method-assign]
        lambda self: _Formatter(prog=self.prog)
    )

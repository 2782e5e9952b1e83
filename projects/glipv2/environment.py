"""Checks, at import, that the installed OpenMMLab stack is one that glipv2 runs on.

Packages of the same import name come from two sources: upstream (mmengine, mmcv,
mmdet) and the maintained fork (onedl-mmengine, onedl-mmcv, onedl-mmdetection). Either
will do, so glipv2 requires neither; it looks at what is there instead.
"""

import sys
import traceback
from dataclasses import dataclass
from importlib import import_module

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version


@dataclass(frozen=True)
class Requirement:
    """A package that glipv2 needs, with the versions it was written for.

    Attributes:
        module: Import name.
        minimum: Lowest version that works.
        below: First version that does not, or None.
        install: The command or commands that install a fitting version.
        torch: Versions of torch that this holds for, such as '<2.6'; empty: all.
        part: Module of the package that may fail where the package itself imports,
            because it is bound to torch; None: there is none.
        part_name: What the part holds, in words and of which package.
    """

    module: str
    minimum: str
    below: str | None
    install: str
    torch: str = ''
    part: str | None = None
    part_name: str = ''

    @property
    def versions(self) -> str:
        """The accepted versions as pip writes them, such as '>=2.1,<3'."""
        return f'>={self.minimum}' + (f',<{self.below}' if self.below else '')


COMPILE = (
    'pip install --force-reinstall --no-deps --no-cache-dir --no-build-isolation '
    '--no-binary'
)
INSTALL_OPERATORS = (
    f'{COMPILE} onedl-mmcv onedl-mmcv (maintained fork, compiles for your torch) '
    f"or {COMPILE} mmcv 'mmcv>=2.1,<2.2' (upstream, likewise)"
)
OPERATORS = dict(part='mmcv.ops', part_name='the compiled operators of mmcv')
BERT = dict(
    part='transformers.models.bert.modeling_bert',
    part_name='the models of transformers',
)
REQUIREMENTS = (
    Requirement('torch', '2.1', None, "pip install 'torch>=2.1'"),
    # Ahead of the packages that import it, which would be blamed for it.
    Requirement(
        'transformers',
        '4.53',
        '4.56',
        "pip install 'transformers>=4.53,<4.56'",
        torch='<2.2',
        **BERT,
    ),
    Requirement(
        'transformers',
        '4.53',
        '5',
        "pip install 'transformers>=4.53,<5'",
        torch='>=2.2,<2.6',
        **BERT,
    ),
    Requirement(
        'transformers',
        '4.53',
        None,
        "pip install 'transformers>=4.53'",
        torch='>=2.6',
        **BERT,
    ),
    Requirement(
        'mmengine',
        '0.10',
        '1',
        "pip install 'onedl-mmengine>=0.10,<1' (maintained fork) "
        "or pip install 'mmengine>=0.10,<1' (upstream)",
        torch='<2.6',
    ),
    # From torch 2.6 on, upstream's cannot read the checkpoints that it writes.
    Requirement(
        'mmengine',
        '0.10.8',
        '1',
        "pip uninstall -y mmengine, then pip install 'onedl-mmengine>=0.10.8,<1' "
        '(maintained fork), or use torch 2.5.1 (upstream, whose mmengine cannot read '
        'its own checkpoints with torch 2.6 and later)',
        torch='>=2.6',
    ),
    Requirement('mmcv', '2.1', '3', INSTALL_OPERATORS, **OPERATORS),
    Requirement(
        'mmdet',
        '3.3',
        '4',
        "pip install 'onedl-mmdetection>=3.5,<4' (maintained fork) "
        "or pip install 'mmdet>=3.3,<4' (upstream)",
    ),
)


def requirements_for(torch: str) -> tuple[Requirement, ...]:
    """Choose the requirements that hold for a version of torch.

    Args:
        torch: Its version; pre-releases and local builds count as their release.

    Returns:
        One requirement for each package, in the order to check them in.

    Raises:
        packaging.version.InvalidVersion: If ``torch`` is not a version.
    """
    release = Version(torch).base_version
    return tuple(item for item in REQUIREMENTS if release in SpecifierSet(item.torch))


def check_environment() -> dict[str, str]:
    """Check every requirement, mmcv's operators included.

    Returns:
        The installed version of each package, by import name.

    Raises:
        ImportError: With one line that says what is wrong and what to install.
    """
    torch = check_requirement(REQUIREMENTS[0])
    return {item.module: check_requirement(item) for item in requirements_for(torch)}


def check_requirement(requirement: Requirement) -> str:
    """Check that a package is installed in a version that works, and that it loads.

    Args:
        requirement: The package and its versions.

    Returns:
        The installed version.

    Raises:
        ImportError: If it is missing, fails to import, has no version or the wrong
            one, or if its part does not load; one line that says what to install.
    """
    needs = f'glipv2 needs {requirement.module} {requirement.versions}'
    if requirement.torch:
        needs += f' with torch {requirement.torch}'
    cure = f'run: {requirement.install}'
    try:
        module = import_module(requirement.module)
    except ModuleNotFoundError as error:
        if error.name == requirement.module:
            raise ImportError(f'{needs}, which is not installed; {cure}') from None
        raise ImportError(f'{needs}, which lacks {error.name}; {cure}') from error
    # A package may stop its own import with any error: mmdet asserts mmcv's version.
    except Exception as error:
        raise ImportError(
            f'{needs}, which fails to import {explain(error, requirement)}'
        ) from error

    version = getattr(module, '__version__', None)
    try:
        accepted = version_in_range(str(version), requirement)
    except InvalidVersion:
        place = getattr(module, '__file__', None) or next(iter(module.__path__))
        raise ImportError(
            f'{needs}, but the module found at {place} is not that package '
            f'(version {version}); remove or rename it, then {cure}'
        ) from None
    if not accepted:
        raise ImportError(f'{needs}, but {version} is installed; {cure}')
    check_part(requirement, str(version))
    return str(version)


def version_in_range(version: str, requirement: Requirement) -> bool:
    """Tell whether a version is one of those that a requirement accepts.

    Pre-releases and local builds count as the release they belong to: 2.1.0rc1 is
    accepted by '>=2.1', 2.13.0+cpu by '>=2.13'.

    Args:
        version: A version as packages state it.
        requirement: The package's requirement.

    Returns:
        Whether it is in the range.

    Raises:
        packaging.version.InvalidVersion: If ``version`` is not a version.
    """
    return Version(version).base_version in SpecifierSet(requirement.versions)


def check_part(requirement: Requirement, version: str) -> None:
    """Check that the part of a package that is bound to torch loads.

    Args:
        requirement: The package; nothing is checked where it names no part.
        version: Its installed version.

    Raises:
        ImportError: If the part is missing, or made for another torch; one line that
            says how to install it.
    """
    if requirement.part is None:
        return
    try:
        import_module(requirement.part)
    except Exception as error:
        torch = import_module('torch')
        raise ImportError(
            f'glipv2 needs {requirement.part_name}, but those of {requirement.module} '
            f'{version} do not load with torch {torch.__version__} '
            f'{explain(error, requirement)}'
        ) from error


def explain(error: BaseException, requirement: Requirement) -> str:
    """Describe in one line why a package failed, and what cures that.

    A package may fail because of another that it imports; to install the first again
    would then change nothing.

    Args:
        error: What its import raised.
        requirement: The package.

    Returns:
        The reason in brackets, and the cure.
    """
    reason = next(iter(str(error).splitlines()), type(error).__name__)
    source = package_at_fault(error)
    if source in (None, requirement.module):
        return f'({reason}); run: {requirement.install}'
    return (
        f'({source}: {reason}); install another version of {source}: '
        'docs/installation.md lists known causes'
    )


def package_at_fault(error: BaseException) -> str | None:
    """Find the package whose code raised an error.

    Args:
        error: The error, as it was caught.

    Returns:
        Its import name; None if only Python and this file took part.
    """
    own = __name__.partition('.')[0]
    for frame, _ in reversed(list(traceback.walk_tb(error.__traceback__))):
        name = frame.f_globals.get('__name__', '').partition('.')[0]
        if name not in sys.stdlib_module_names and name != own:
            return name
    return None

"""Checks, at import, that the installed OpenMMLab stack is one that glipv2 runs on.

Packages of the same import name come from two sources: upstream (mmengine, mmcv,
mmdet) and the maintained fork (onedl-mmengine, onedl-mmcv, onedl-mmdetection). Either
will do, so glipv2 requires neither; it looks at what is there instead.
"""

from dataclasses import dataclass
from importlib import import_module

from packaging.version import InvalidVersion, Version


@dataclass(frozen=True)
class Requirement:
    """A package that glipv2 needs, with the versions it was written for.

    Attributes:
        module: Import name.
        minimum: Lowest version that works.
        below: First version that does not, or None.
        install: The command or commands that install a fitting version.
    """

    module: str
    minimum: str
    below: str | None
    install: str

    @property
    def versions(self) -> str:
        """The accepted versions as pip writes them, such as '>=2.1,<3'."""
        return f'>={self.minimum}' + (f',<{self.below}' if self.below else '')


INSTALL_OPERATORS = (
    'pip install --force-reinstall --no-deps --no-cache-dir --no-build-isolation '
    '--no-binary onedl-mmcv onedl-mmcv (maintained fork, compiles for your torch) '
    "or mim install 'mmcv>=2.1,<2.2' (upstream)"
)
REQUIREMENTS = (
    Requirement('torch', '2.1', None, "pip install 'torch>=2.1'"),
    Requirement(
        'mmengine',
        '0.10',
        '1',
        "pip install 'onedl-mmengine>=0.10,<1' (maintained fork) "
        "or pip install 'mmengine>=0.10,<1' (upstream)",
    ),
    Requirement('mmcv', '2.1', '3', INSTALL_OPERATORS),
    Requirement(
        'mmdet',
        '3.3',
        '4',
        "pip install 'onedl-mmdetection>=3.5,<4' (maintained fork) "
        "or mim install 'mmdet>=3.3,<4' (upstream)",
    ),
    Requirement('transformers', '4.53', None, "pip install 'transformers>=4.53'"),
)


def check_environment() -> None:
    """Check every requirement and mmcv's operators.

    Raises:
        ImportError: With one line that says what is wrong and what to install.
    """
    for requirement in REQUIREMENTS:
        check_requirement(requirement)
        if requirement.module == 'mmcv':
            check_operators()


def check_requirement(requirement: Requirement) -> str:
    """Check that a package is installed in a version that works.

    Args:
        requirement: The package and its versions.

    Returns:
        The installed version.

    Raises:
        ImportError: If it is missing, fails to import, has no version or the wrong
            one; one line that says what to install.
    """
    needs = f'glipv2 needs {requirement.module} {requirement.versions}'
    cure = f'run: {requirement.install}'
    try:
        module = import_module(requirement.module)
    except ModuleNotFoundError as error:
        if error.name == requirement.module:
            raise ImportError(f'{needs}, which is not installed; {cure}') from None
        raise ImportError(f'{needs}, which lacks {error.name}; {cure}') from error
    # A package may stop its own import with any error: mmdet asserts mmcv's version.
    except Exception as error:
        reason = first_line(error)
        raise ImportError(
            f'{needs}, which fails to import ({reason}); {cure}'
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
    release = Version(Version(version).base_version)
    if release < Version(requirement.minimum):
        return False
    return requirement.below is None or release < Version(requirement.below)


def check_operators() -> None:
    """Check that mmcv came with compiled operators and that they load.

    Raises:
        ImportError: If they are missing, or built against another torch; one line
            that says how to install them.
    """
    try:
        import_module('mmcv.ops')
    except Exception as error:
        mmcv, torch = import_module('mmcv'), import_module('torch')
        raise ImportError(
            f'glipv2 needs the compiled operators of mmcv, but those of mmcv '
            f'{mmcv.__version__} do not load with torch {torch.__version__} '
            f'({first_line(error)}); run: {INSTALL_OPERATORS}'
        ) from error


def first_line(error: BaseException) -> str:
    """Describe an error in one line.

    Args:
        error: Any error.

    Returns:
        The first line of its message, or its type when it has none.
    """
    return next(iter(str(error).splitlines()), type(error).__name__)

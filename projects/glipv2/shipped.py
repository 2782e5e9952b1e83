"""Files that are not modules, where they are after an install and in a checkout."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
ASSETS = PACKAGE / 'assets'


def shipped(name: str) -> Path:
    """Find a folder or file of the repository's top level.

    Args:
        name: ``configs``, ``tools`` or ``model-index.yml``.

    Returns:
        Where it is: where mim puts it, or beside the package's source.

    Raises:
        FileNotFoundError: If it is in neither place.
    """
    places = [folder / name for folder in (PACKAGE / '.mim', PACKAGE.parents[1])]
    for place in places:
        if place.exists():
            return place
    raise FileNotFoundError(
        f'glipv2 was installed without its {name}: there is no {places[0]}; install it '
        'again'
    )


def weights_file(source: str | Path) -> Path:
    """Find weights by their path, or by the name of those in the package.

    Args:
        source: A path, or a name such as ``'emoji'``; a file of that name comes first.

    Returns:
        The file, which may be missing.
    """
    path = Path(source).expanduser()
    inside = ASSETS / 'weights' / f'{path.name}.safetensors'
    if path.is_file() or len(path.parts) != 1 or not inside.is_file():
        return path
    return inside

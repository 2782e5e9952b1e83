"""Files that are not modules, where they are after an install and in a checkout."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


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

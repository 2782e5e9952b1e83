"""Files that are not modules, where they are after an install and in a checkout."""

import os
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


def weights_home() -> Path:
    """Name the folder that keeps fetched weights.

    Returns:
        ``GLIPV2_HOME``, else ``glipv2`` in the user's cache.
    """
    cache = os.environ.get('XDG_CACHE_HOME') or '~/.cache'
    return Path(os.environ.get('GLIPV2_HOME') or Path(cache) / 'glipv2').expanduser()


def stored_weights(name: str) -> Path:
    """Name the file that fetched weights are stored in.

    Args:
        name: Such as ``'glip_t'``.
    """
    return weights_home() / f'{name.lower()}.safetensors'


def weights_file(source: str | Path) -> Path:
    """Find weights by their path, or by the name of those in the package or fetched.

    Args:
        source: A path, or a name such as ``'emoji'``; a file of that name comes first.

    Returns:
        The file, which may be missing.
    """
    path = Path(source).expanduser()
    if path.is_file() or len(path.parts) != 1:
        return path
    inside = ASSETS / 'weights' / f'{path.name.lower()}.safetensors'
    places = (inside, stored_weights(path.name))
    return next((place for place in places if place.is_file()), path)

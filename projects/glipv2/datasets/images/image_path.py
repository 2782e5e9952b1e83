"""Paths of images, as annotation files name them."""

from collections.abc import Callable, Iterator
from os.path import exists, join
from unicodedata import normalize
from urllib.parse import unquote

NORMAL_FORMS = ('NFC', 'NFD')  # macOS writes an accent as a character of its own


def image_path(folder: str, name: object, what: str) -> str:
    """Find the image that a file names.

    Args:
        folder: Folder of the images.
        name: Its name below that, maybe in another spelling than on disk.
        what: The name's key, for errors.

    Returns:
        The path, whether there is such a file or not.

    Raises:
        ValueError: If the name is no text or empty.
    """
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f'{what} must name the image, but is {name!r}')
    own = name_on_disk(name, lambda spelt: exists(join(folder, spelt)))
    return join(folder, own or name.replace('\\', '/'))


def name_on_disk(name: str, is_there: Callable[[str], bool]) -> str | None:
    """Find out how a file's name is spelt on disk.

    Backslashes are Windows' slashes, ``%20`` is the space of an address, accents have
    two forms and spaces may be around the name, unless a file really has that name.

    Args:
        name: The name.
        is_there: Tells whether there is a file of a name; not asked about a plain name.

    Returns:
        The first spelling of which there is a file; None: there is none.
    """
    if _is_plain(name) or is_there(name):
        return name
    return next(filter(is_there, _spellings(name)), None)


def _spellings(name: str) -> Iterator[str]:
    bare = name.strip()
    slashes = bare.replace('\\', '/')
    for own in (bare, slashes, unquote(slashes)):
        yield own
        yield from (normalize(form, own) for form in NORMAL_FORMS)


def _is_plain(name: str) -> bool:
    return name.isascii() and name == name.strip() and not {'\\', '%'} & {*name}

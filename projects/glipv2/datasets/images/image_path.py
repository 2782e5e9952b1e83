"""Paths of images, as annotation files name them."""

from os.path import exists, join


def image_path(folder: str, name: object, what: str) -> str:
    """Find the image that a file names.

    Args:
        folder: Folder of the images.
        name: Its name below that. Backslashes are Windows' slashes, unless a file
            really has them in its name.
        what: The name's key, for errors.

    Returns:
        The path, whether there is such a file or not.

    Raises:
        ValueError: If the name is no text or empty.
    """
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f'{what} must name the image, but is {name!r}')
    path = join(folder, name)
    if '\\' in name and not exists(path):
        return join(folder, name.replace('\\', '/'))
    return path

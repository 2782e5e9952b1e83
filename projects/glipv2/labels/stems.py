"""Names without endings: ``a.jpg`` and ``a.png`` need two label files."""

from pathlib import PurePosixPath

from .names_on_disk import NamesOnDisk


class Stems:
    """Gives each file of a folder a name without its ending, never twice the same.

    The first of a name keeps it, so the same list of files always gets the same names;
    capital letters make no difference, as on some file systems.
    """

    def __init__(self) -> None:
        self._given = NamesOnDisk()

    def of(self, file_name: str) -> str:
        """Name a file.

        Args:
            file_name: Below the folder.

        Returns:
            Its path without ending; with the ending's letters, or a number, behind it
            if that is given already.
        """
        path = PurePosixPath(file_name)
        plain = stem = str(path.with_suffix(''))
        number = 1
        while not self._given.add(stem.lower()):
            stem = f'{plain}-{path.suffix[1:]}' + (f'-{number}' if number > 1 else '')
            number += 1
        return stem

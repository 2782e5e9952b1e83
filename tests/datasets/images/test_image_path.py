"""Names of images in other spellings than on disk."""

from pathlib import Path
from unicodedata import normalize

import pytest

from glipv2.datasets.images.image_path import image_path

ACCENTED = 'café.png'


@pytest.mark.parametrize(
    ('there', 'named'),
    [
        ('in/a.png', 'in\\a.png'),
        ('a b.png', 'a%20b.png'),
        ('in/a b.png', 'in\\a%20b.png'),
        ('a.png', ' a.png\n'),
        (normalize('NFD', ACCENTED), normalize('NFC', ACCENTED)),
        (normalize('NFC', ACCENTED), normalize('NFD', ACCENTED)),
        (normalize('NFC', ACCENTED), 'caf%C3%A9.png'),
        ('50%.png', '50%.png'),
        ('a%20b.png', 'a%20b.png'),
    ],
)
def test_the_file_that_is_there_is_meant(
    tmp_path: Path, there: str, named: str
) -> None:
    (tmp_path / 'in').mkdir()
    (tmp_path / there).touch()
    assert image_path(str(tmp_path), named, 'file_name') == str(tmp_path / there)


def test_a_name_of_no_file_has_slashes(tmp_path: Path) -> None:
    for name in ('lost.png', '%zz.png', 'a\0.png', 'é.png', ' a.png', 'C:\\lost.png'):
        slashes = name.replace('\\', '/')
        assert image_path(str(tmp_path), name, 'file_name') == f'{tmp_path}/{slashes}'

"""Names of drawn images."""

from glipv2.engine.unique_names import unique_names


def test_names_do_not_meet() -> None:
    paths = ['a/x.png', 'b/x.png', 'c/X.jpg', 'x-00000001.png', 'd/x.png', 'y.jpg']
    names = unique_names(paths)
    assert names[0] == 'x.png' and names[-1] == 'y.jpg'
    assert len({name.rpartition('.')[0].casefold() for name in names}) == len(paths)


def test_every_name_can_be_written() -> None:
    assert unique_names(['photo', 'a.gif', 'b.tar.avif', 'c.JPG', '/']) == [
        'photo.png', 'a.gif.png', 'b.tar.avif.png', 'c.JPG', 'image.png',
    ]  # fmt: skip

"""Filters of labels, on made answers."""

import pytest

from glipv2.labels.filters import Filters
from glipv2.labels.stems import Stems
from glipv2.labels.uncertain import doubt_of


def found(name: str, score: float, box: list[float], **more: object) -> dict:
    return dict(name=name, score=score, box=box, **more)


ANSWER = dict(
    width=100,
    height=100,
    objects=[
        found('dog', 0.9, [0.0, 0, 50, 50], agreement=0.9),
        found('cat', 0.8, [1.0, 0, 50, 50], agreement=0.1),
        found('cat', 0.5, [60.0, 60, 100, 64], agreement=0.7),
        found('dog', 0.2, [0.0, 0, 100, 100], agreement=0.8),
    ],
)


@pytest.mark.parametrize(
    ('changes', 'rows'),
    [
        (dict(score=0.3), [0, 1, 2]),
        (dict(score=0.3, score_of=dict(cat=0.6)), [0, 1]),
        (dict(score=0.3, score_of=dict(dog=0.1)), [0, 1, 2, 3]),
        (dict(score=0.3, one_name_per_place=True), [0, 2]),
        (dict(score=0.3, least_area=161), [0, 1]),
        (dict(score=0.1, most_share=0.5), [0, 1, 2]),
        (dict(score=0.3, most_aspect=5), [0, 1]),
        (dict(score=0.3, agreement=0.5), [0, 2]),
    ],
)
def test_filters(changes: dict, rows: list[int]) -> None:
    assert Filters(**changes).keep(ANSWER) == [ANSWER['objects'][row] for row in rows]


@pytest.mark.parametrize(
    'changes',
    [
        dict(score=2),
        dict(score=0.3, score_of=dict(dog=-1)),
        dict(score=0, most_aspect=0),
    ],
)
def test_wrong_filters(changes: dict) -> None:
    with pytest.raises(ValueError, match='must be'):
        Filters(**changes)


def test_doubt_is_greatest_at_the_threshold_and_between_views() -> None:
    filters = Filters(score=0.5)
    doubts = [
        doubt_of(dict(objects=[found('dog', score, [0.0, 0, 1, 1])]), filters)
        for score in (0.0, 0.4, 0.5, 0.75, 1.0)
    ]
    assert doubts == pytest.approx([0, 0.8, 1, 0.5, 0])
    sure = found('dog', 1.0, [0.0, 0, 1, 1], agreement=0.25)
    assert doubt_of(dict(objects=[sure]), filters) == pytest.approx(0.75)


def test_stems_are_never_given_twice() -> None:
    stems = Stems()
    files = ['a.png', 'a.jpg', 'A.jpg', 'b/a.png', 'a-jpg.png', 'a.jpg']
    given = [stems.of(name) for name in files]
    assert given[:2] == ['a', 'a-jpg']
    assert len({stem.lower() for stem in given}) == len(files)

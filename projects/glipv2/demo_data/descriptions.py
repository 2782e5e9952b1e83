"""Descriptions of things in scenes, also of what is not there, with exact truth."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from .captions import LEAST_APART, centre_of, groups_of
from .colours import colour_of, noun_of
from .wording import article_of, counted, is_plural

ASKED = 3  # most of an image that something fits, and as many that nothing fits
LARGER = 1.3  # visible area over that of the next, of a thing called the largest
TRIED = 200  # descriptions of other images that may be asked of an image
THING = 'thing'
# Where a first thing is, seen from a second: words, axis, sign of the way there.
SIDES = (
    ('to the left of', 0, 1),
    ('to the right of', 0, -1),
    ('above', 1, 1),
    ('below', 1, -1),
)
# The same, where there is no second thing.
FREE_SIDES = (
    ('to its left', 0, 1),
    ('to its right', 0, -1),
    ('above it', 1, 1),
    ('below it', 1, -1),
)
SIZES = (('largest', 1), ('smallest', -1))

# Indices of the objects that it fits; None: people might not agree.
Finder = Callable[['_Image'], 'tuple[int, ...] | None']


@dataclass(frozen=True)
class Description:
    """Words for things of an image.

    Args:
        text: The description.
        is_negative: Whether it says what is lacking, as D3's "a dog without a leash".
        find: What finds the objects that it fits.
    """

    text: str
    is_negative: bool
    find: Finder


@dataclass(frozen=True)
class Asked:
    """A description that an image is asked for.

    Args:
        text: The description.
        is_negative: As of ``Description``.
        objects: Indices of the image's annotations that it fits; none: nothing does.
    """

    text: str
    is_negative: bool
    objects: tuple[int, ...]


@dataclass(frozen=True)
class _Image:
    groups: dict[str, list[int]]
    areas: Sequence[float]
    centres: np.ndarray  # (N, 2), shares of the image's side

    def only(self, name: str) -> int | None:
        """Index of the object of a name, if it has one only."""
        found = self.groups.get(name, ())
        return found[0] if len(found) == 1 else None


def descriptions_of(
    rng: np.random.Generator,
    annotations: Sequence[Sequence[dict]],
    shown: Sequence[str],
    side: int,
) -> list[list[Asked]]:
    """Describe things of all images of a split.

    Each image is asked for some descriptions that fit something in it, each of another
    kind, and for some of other images that fit nothing in it. Half of these name
    something that is there, if there are such ("a red apple to the left of a dog face"
    where the apple is to its right).

    Args:
        rng: Source of all choices.
        annotations: Per image its annotations, with ``category_id``, ``bbox`` and
            ``area`` (visible pixels).
        shown: Names of the split's categories.
        side: Of the images, pixels.

    Returns:
        Per image what it is asked for.
    """
    nouns = _common_nouns(shown)
    images = [
        _Image(
            groups_of(of_image),
            [each['area'] for each in of_image],
            np.array([centre_of(each['bbox']) for each in of_image]) / side,
        )
        for of_image in annotations
    ]
    fitting = [_some_that_fit(rng, image, nouns) for image in images]
    pool = list({each.text: each for found in fitting for each in found}.values())
    asked = []
    for image, found in zip(images, fitting):
        lacking = _some_that_do_not(rng, image, pool)
        asked.append(
            [
                Asked(each.text, each.is_negative, each.find(image))
                for each in (*found, *lacking)
            ]
        )
    return asked


def _some_that_fit(
    rng: np.random.Generator, image: _Image, nouns: Sequence[str]
) -> list[Description]:
    """Choose descriptions of different kinds that fit something."""
    chosen: list[Description] = []
    kinds = [_beside, _of_size, _outermost, _other_than, _without]
    for kind in rng.permutation(len(kinds)):
        found = [each for each in kinds[kind](image, nouns) if each.find(image)]
        if found and len(chosen) < ASKED:
            chosen.append(found[rng.integers(len(found))])
    return chosen


def _some_that_do_not(
    rng: np.random.Generator, image: _Image, pool: Sequence[Description]
) -> list[Description]:
    """Choose descriptions that fit nothing, half of them of what is nearly there."""
    tried = [pool[place] for place in rng.permutation(len(pool))[:TRIED]]
    lacking = [each for each in tried if each.find(image) == ()]
    near = [x for x in lacking if any(name in x.text for name in image.groups)]
    chosen = near[: (ASKED + 1) // 2]
    chosen += [each for each in lacking if each not in chosen]
    return chosen[:ASKED]


def _common_nouns(shown: Sequence[str]) -> list[str]:
    """Find nouns that several names end with, and that no other name has a word of."""
    words = {name: name.split() for name in shown}
    nouns = [THING]
    for noun in dict.fromkeys(of_name[-1] for of_name in words.values()):
        ending = [name for name in shown if words[name][-1] == noun]
        if len(ending) > 1 and not any(
            noun in words[name] for name in shown if name not in ending
        ):
            nouns.append(noun)
    return nouns


def _named(image: _Image, noun: str) -> list[int]:
    """List objects whose name ends with a noun, or is it."""
    return [
        index
        for name, found in image.groups.items()
        if noun in (THING, name) or name.endswith(f' {noun}')
        for index in found
    ]


def _beside(image: _Image, nouns: Sequence[str]) -> Iterator[Description]:
    """Write "a dog face to the left of a red apple"."""
    for first in image.groups:
        for second in image.groups:
            for words, axis, sign in SIDES if first != second else ():
                text = f'{counted(first, 1)} {words} {counted(second, 1)}'
                find = partial(_find_beside, first, second, axis, sign)
                yield Description(text, False, find)


def _find_beside(
    first: str, second: str, axis: int, sign: int, image: _Image
) -> tuple[int, ...] | None:
    if first not in image.groups or second not in image.groups:
        return ()
    here, there = image.only(first), image.only(second)
    is_so = _is_beside(image, here, there, axis, sign)
    return None if is_so is None else (here,) * is_so


def _is_beside(
    image: _Image, here: int | None, there: int | None, axis: int, sign: int
) -> bool | None:
    """Tell whether an object is on a side of another; None: one may doubt it."""
    if here is None or there is None:
        return None
    way = sign * (image.centres[there] - image.centres[here])
    along, across = way[axis], abs(way[1 - axis])
    if along > max(LEAST_APART, across):
        return True
    return False if along < 0 else None


def _of_size(image: _Image, nouns: Sequence[str]) -> Iterator[Description]:
    """Write "the largest heart"."""
    for noun in (*nouns, *image.groups):
        for word, sign in SIZES:
            find = partial(_find_of_size, noun, sign)
            yield Description(f'the {word} {noun}', False, find)


def _find_of_size(noun: str, sign: int, image: _Image) -> tuple[int, ...] | None:
    found = _named(image, noun)
    if len(found) < 2:
        return None if found else ()
    first, second = sorted(found, key=lambda index: -sign * image.areas[index])[:2]
    ratio = (image.areas[first] / image.areas[second]) ** sign
    return (first,) if ratio >= LARGER else None


def _outermost(image: _Image, nouns: Sequence[str]) -> Iterator[Description]:
    """Write "a thing without anything to its left"."""
    for words, axis, sign in FREE_SIDES:
        find = partial(_find_outermost, axis, sign)
        yield Description(f'a thing without anything {words}', True, find)


def _find_outermost(axis: int, sign: int, image: _Image) -> tuple[int, ...] | None:
    places = sign * image.centres[:, axis]
    first, *others = np.argsort(places, kind='stable').tolist()
    if not others or places[others[0]] - places[first] <= LEAST_APART:
        return None
    return (first,)


def _other_than(image: _Image, nouns: Sequence[str]) -> Iterator[Description]:
    """Write "an apple that is not red", "a face that is not a dog face"."""
    for noun in nouns[1:]:
        for name in image.groups:
            if name.endswith(f' {noun}'):
                colour = colour_of(name) if noun_of(name) == noun else None
                other = colour or counted(name, 1)
                text = f'{article_of(noun)} {noun} that is not {other}'
                yield Description(text, True, partial(_find_other, noun, name))


def _find_other(noun: str, name: str, image: _Image) -> tuple[int, ...]:
    excluded = image.groups.get(name, ())
    return tuple(index for index in _named(image, noun) if index not in excluded)


def _without(image: _Image, nouns: Sequence[str]) -> Iterator[Description]:
    """Write "a key without a dog face to its left"."""
    for first in image.groups:
        if is_plural(first):
            continue
        for second in image.groups:
            for words, axis, sign in FREE_SIDES if first != second else ():
                text = f'{counted(first, 1)} without {counted(second, 1)} {words}'
                find = partial(_find_without, first, second, axis, sign)
                yield Description(text, True, find)


def _find_without(
    first: str, second: str, axis: int, sign: int, image: _Image
) -> tuple[int, ...] | None:
    if first not in image.groups:
        return ()
    here = image.only(first)
    if here is None or second not in image.groups:
        return None if here is None else (here,)
    # The second is on that side of the first if the first is on the other.
    is_there = _is_beside(image, image.only(second), here, axis, sign)
    return None if is_there is None else (here,) * (not is_there)

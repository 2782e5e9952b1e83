"""Captions of scenes, with the objects of each phrase."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .sheet import sheet_names
from .wording import counted

CAPTIONS = 5  # of an image, as in COCO
LEAST_APART = 0.15  # of the image's side, between centres, for a relation
MOST_NAMED = 9  # of a kind; larger numbers have no word here


@dataclass(frozen=True)
class Phrase:
    """Words of a caption and the objects that they name.

    Args:
        start: First character.
        end: Behind the last character.
        objects: Indices of the image's annotations.
    """

    start: int
    end: int
    objects: tuple[int, ...]


@dataclass(frozen=True)
class Caption:
    """A sentence about an image.

    Args:
        text: The sentence, without a full stop.
        phrases: Its noun phrases, in the order of the text.
    """

    text: str
    phrases: tuple[Phrase, ...]


def captions_of(
    rng: np.random.Generator, annotations: Sequence[dict], side: int
) -> list[Caption]:
    """Describe an image several times.

    Returns:
        Captions that list what is there ("a pizza and two rockets") or how two
        things lie ("a red apple to the left of a dog face"). A phrase stands for all
        objects of its kind; relations are between kinds with one object only.
    """
    groups = {
        name: found
        for name, found in groups_of(annotations).items()
        if len(found) <= MOST_NAMED
    }
    related = relations_of(groups, annotations, side)
    captions = []
    for number in range(CAPTIONS):
        if related and number % 2:
            first, words, second = related[rng.integers(len(related))]
            parts = [(first, groups[first]), f' {words} ', (second, groups[second])]
        else:
            parts = _list_of(rng, groups)
        captions.append(_assemble(parts))
    return captions


def groups_of(annotations: Sequence[dict]) -> dict[str, list[int]]:
    """Sort an image's objects by kind.

    Returns:
        Indices of the annotations by name.
    """
    groups: dict[str, list[int]] = {}
    for index, annotation in enumerate(annotations):
        name = sheet_names()[annotation['category_id'] - 1]
        groups.setdefault(name, []).append(index)
    return groups


def relations_of(
    groups: dict[str, list[int]], annotations: Sequence[dict], side: int
) -> list[tuple[str, str, str]]:
    """List spatial relations between kinds with one object only.

    Args:
        groups: Indices of the annotations by name.
        annotations: COCO annotations of the image.
        side: Of the image in pixels.

    Returns:
        Name, words ('to the left of', 'to the right of', 'above', 'below'), name.
    """
    centres = {
        name: np.array(centre_of(annotations[found[0]]['bbox']))
        for name, found in groups.items()
        if len(found) == 1
    }
    related = []
    for first, here in centres.items():
        for second, there in centres.items():
            across, down = (there - here) / side
            if across > max(LEAST_APART, abs(down)):
                related.append((first, 'to the left of', second))
            elif -across > max(LEAST_APART, abs(down)):
                related.append((first, 'to the right of', second))
            elif down > LEAST_APART:
                related.append((first, 'above', second))
            elif -down > LEAST_APART:
                related.append((first, 'below', second))
    return related


def _list_of(rng: np.random.Generator, groups: dict[str, list[int]]) -> list:
    names = [str(name) for name in rng.permutation(list(groups))]
    parts: list = [('there is ', 'an image of ', '')[rng.integers(3)]]
    for place, name in enumerate(names):
        if place:
            parts.append(' and ' if place == len(names) - 1 else ', ')
        parts.append((name, groups[name]))
    return parts


def _assemble(parts: Sequence[str | tuple[str, list[int]]]) -> Caption:
    text, phrases = '', []
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        words = counted(part[0], len(part[1]))
        phrases.append(Phrase(len(text), len(text) + len(words), tuple(part[1])))
        text += words
    return Caption(text, tuple(phrases))


def centre_of(box: Sequence[float]) -> tuple[float, float]:
    """Find the middle of a box of left, top, width, height."""
    left, top, width, height = box
    return left + width / 2, top + height / 2

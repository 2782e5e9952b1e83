"""Questions of kinds that training never asks, whose answers training knows."""

from collections.abc import Iterator, Sequence

import numpy as np

from .captions import relations_of
from .questions import (
    COUNTS,
    PLACES,
    AskedImage,
    Question,
    absent_kinds,
    balance,
    images_of,
    outermost,
)
from .wording import counted, is_plural, plural_of

# The outermost thing in words that training does not use for it.
OUTERMOST = dict(
    zip((words for words, *_ in PLACES), ('leftmost', 'rightmost', 'topmost', 'lowest'))
)
YES_NO = ('yes', 'no')
SIDES = ('to the left of', 'to the right of')


def new_questions_of(
    rng: np.random.Generator,
    annotations: Sequence[Sequence[dict]],
    shown: Sequence[str],
    side: int,
) -> list[Question]:
    """Ask about all images of a split, of each kind at most one question an image.

    "Count" and "can you see" put a trained question in other words, "name the" does so
    for places; "above", "more" and "which is further" ask what training never asks.
    Answers of a kind are equally frequent, names as frequent as in the images.

    Returns:
        The questions, sorted by image.
    """
    images = images_of(annotations, side)
    most = len(images)
    absent = [absent_kinds(rng, image, shown) for image in images]
    asked = [
        *balance(rng, _counts(images, absent), most, COUNTS),
        *balance(rng, _presences(images, absent), most),
    ]
    for found in (
        [list(_named(image)) for image in images],
        [list(_above(image)) for image in images],
        [list(_more(*pair)) for pair in zip(images, absent)],
        [list(_further(image)) for image in images],
    ):
        asked += [
            of_image[rng.integers(len(of_image))]
            for of_image in _alternating(found)
            if of_image
        ]
    return sorted(asked, key=lambda question: question.image)


def _alternating(found: Sequence[list[Question]]) -> Iterator[list[Question]]:
    """Take "yes" of one image and "no" of the next that has a question."""
    number = 0
    for of_image in found:
        if of_image and of_image[0].answer_type == 'yes/no':
            wanted = YES_NO[number % 2]
            of_image = [q for q in of_image if q.answer == wanted]
        number += bool(of_image)
        yield of_image


def _counts(
    images: Sequence[AskedImage], absent: Sequence[Sequence[str]]
) -> Iterator[Question]:
    for image, missing in zip(images, absent):
        for name in (*image.groups, *missing):
            count = len(image.groups.get(name, []))
            text = f'count the {plural_of(name)}.'
            yield Question(image.index, text, str(count), 'count the', 'number')


def _presences(
    images: Sequence[AskedImage], absent: Sequence[Sequence[str]]
) -> Iterator[Question]:
    for image, missing in zip(images, absent):
        for name in (*image.groups, *missing):
            answer = YES_NO[name not in image.groups]
            text = f'can you see {counted(name, 1)}?'
            yield Question(image.index, text, answer, 'can you see', 'yes/no')


def _named(image: AskedImage) -> Iterator[Question]:
    for words, name, _ in outermost(image):
        text = f'name the {OUTERMOST[words]} thing.'
        yield Question(image.index, text, name, 'name the', 'other')


def _above(image: AskedImage) -> Iterator[Question]:
    for first, words, second in relations_of(
        image.groups, image.annotations, image.side
    ):
        if words in ('above', 'below'):
            verb = 'are' if is_plural(first) else 'is'
            text = f'{verb} the {first} above the {second}?'
            answer = YES_NO[words == 'below']
            yield Question(image.index, text, answer, 'is the above', 'yes/no')


def _more(image: AskedImage, missing: Sequence[str]) -> Iterator[Question]:
    counts = {name: len(found) for name, found in image.groups.items()}
    counts |= dict.fromkeys(missing, 0)
    for first, count in counts.items():
        for second, other in counts.items():
            if count != other:
                text = f'are there more {plural_of(first)} than {plural_of(second)}?'
                answer = YES_NO[count < other]
                yield Question(image.index, text, answer, 'are there more', 'yes/no')


def _further(image: AskedImage) -> Iterator[Question]:
    # Either is named first, as often as the relation is listed from either side.
    for first, words, second in relations_of(
        image.groups, image.annotations, image.side
    ):
        if words in SIDES:
            left, right = (first, second) if words == SIDES[0] else (second, first)
            for asked, answer in (('left', left), ('right', right)):
                text = f'which is further to the {asked}, the {first} or the {second}?'
                yield Question(image.index, text, answer, 'which is further', 'other')

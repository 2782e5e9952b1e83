"""Questions about scenes, balanced so that their words do not reveal the answer."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .captions import LEAST_APART, Phrase, centre_of, groups_of, relations_of
from .colours import colour_of, noun_of
from .wording import counted, is_plural, plural_of

COUNTS = ('0', '1', '2')  # of a kind; more of one kind are rare
LEAST_SHARE = 0.5  # of the commonest total; rarer totals are not asked for
# Where the outermost thing is: words, axis, sign.
PLACES = (
    ('on the far left', 0, -1),
    ('on the far right', 0, 1),
    ('at the top', 1, -1),
    ('at the bottom', 1, 1),
)


@dataclass(frozen=True)
class Question:
    """A question about an image and its answer.

    Args:
        image: Index of the image in its split.
        text: The question.
        answer: Its only right answer.
        question_type: Its first words, as VQAv2 sorts questions.
        answer_type: ``'yes/no'``, ``'number'`` or ``'other'``.
        phrases: Noun phrases in ``sentence`` with the objects that they name.
    """

    image: int
    text: str
    answer: str
    question_type: str
    answer_type: str
    phrases: tuple[Phrase, ...] = ()

    @property
    def sentence(self) -> str:
        """The question, a space, and the answer."""
        return f'{self.text} {self.answer}'


@dataclass(frozen=True)
class AskedImage:
    """An image that questions are asked about.

    Args:
        index: In its split.
        groups: Indices of its annotations by name.
        annotations: As COCO's.
        side: In pixels.
    """

    index: int
    groups: dict[str, list[int]]
    annotations: Sequence[dict]
    side: int


def questions_of(
    rng: np.random.Generator,
    annotations: Sequence[Sequence[dict]],
    shown: Sequence[str],
    side: int,
) -> list[Question]:
    """Ask about all images of a split, of each kind about one question an image.

    All answers of a text are equally frequent; "left or right" is balanced by name
    instead, and "what is", which has as many answers as there are names, is not.

    Returns:
        The questions, sorted by image.
    """
    images = images_of(annotations, side)
    most = len(images)
    absent = [absent_kinds(rng, image, shown) for image in images]
    asked = [
        *_draw(rng, _each(_what, images), most),
        *balance(rng, _each(_colours_of_places, images), most),
        *balance(rng, _each(_colours_of_nouns, images), most // 2),
        *balance(rng, _counts(images, absent), most, COUNTS),
        *balance(rng, _common_totals(images), most // 2),
        *balance(rng, _presences(images, absent), most),
        *_sides(rng, images),
    ]
    return sorted(asked, key=lambda question: question.image)


def images_of(annotations: Sequence[Sequence[dict]], side: int) -> list[AskedImage]:
    """Sort the objects of a split's images, which have one ``side`` in pixels."""
    return [
        AskedImage(index, groups_of(of_image), of_image, side)
        for index, of_image in enumerate(annotations)
    ]


def _each(
    ask: Callable[[AskedImage], Iterator[Question]], images: Sequence[AskedImage]
) -> list[Question]:
    return [question for image in images for question in ask(image)]


def absent_kinds(
    rng: np.random.Generator, image: AskedImage, shown: Sequence[str]
) -> list[str]:
    """Choose as many names as are there, so that "no" and "0" come as often as "yes".

    Args:
        rng: Source of the choice.
        image: That is asked about.
        shown: Names of the split.

    Returns:
        Names of what is not in the image.
    """
    names = [name for name in shown if name not in image.groups]
    count = min(len(names), len(image.groups))
    return [str(name) for name in rng.choice(names, count, replace=False)]


def outermost(image: AskedImage) -> Iterator[tuple[str, str, int]]:
    """Find the outermost things that are clearly so: words, name, annotation."""
    centres = np.array([centre_of(a['bbox']) for a in image.annotations])
    name_of = {i: name for name, found in image.groups.items() for i in found}
    for words, axis, sign in PLACES if len(centres) > 1 else ():
        order = np.argsort(sign * centres[:, axis])
        last, before = (centres[index, axis] for index in order[[-1, -2]])
        if abs(last - before) > LEAST_APART * image.side:
            yield words, name_of[int(order[-1])], int(order[-1])


def _what(image: AskedImage) -> Iterator[Question]:
    for words, name, index in outermost(image):
        text = f'what is {words}?'
        phrase = Phrase(len(text) + 1, len(text) + 1 + len(name), (index,))
        yield Question(image.index, text, name, 'what is', 'other', (phrase,))


def _colours_of_places(image: AskedImage) -> Iterator[Question]:
    for words, name, index in outermost(image):
        colour = colour_of(name)
        if colour is not None:
            thing = f'the thing {words}'
            yield _colour_question(image, thing, colour, index)


def _colours_of_nouns(image: AskedImage) -> Iterator[Question]:
    of_noun = defaultdict(list)
    for name, found in image.groups.items():
        if noun_of(name) is not None:
            of_noun[noun_of(name)] += [(name, index) for index in found]
    for noun, things in of_noun.items():
        if len(things) == 1:
            [(name, index)] = things
            yield _colour_question(image, f'the {noun}', colour_of(name), index)


def _colour_question(
    image: AskedImage, thing: str, colour: str, index: int
) -> Question:
    text = f'what color is {thing}?'
    phrases = (_phrase_of(text, thing, [index]),)
    return Question(image.index, text, colour, 'what color', 'other', phrases)


def _counts(
    images: Sequence[AskedImage], absent: Sequence[Sequence[str]]
) -> Iterator[Question]:
    for image, missing in zip(images, absent):
        for name in (*image.groups, *missing):
            found = image.groups.get(name, [])
            things = plural_of(name)
            text = f'how many {things} are there?'
            phrases = (_phrase_of(text, things, found),) if found else ()
            yield Question(
                image.index, text, str(len(found)), 'how many', 'number', phrases
            )


def _common_totals(images: Sequence[AskedImage]) -> list[Question]:
    text = 'how many things are there?'
    totals = [len(image.annotations) for image in images]
    common = LEAST_SHARE * max(map(totals.count, set(totals)))
    asked = {total for total in set(totals) if totals.count(total) >= common}
    return [
        Question(
            image.index, text, str(total), 'how many', 'number',
            (_phrase_of(text, 'things', range(total)),),
        )
        for image, total in zip(images, totals)
        if total in asked
    ]  # fmt: skip


def _presences(
    images: Sequence[AskedImage], absent: Sequence[Sequence[str]]
) -> Iterator[Question]:
    for image, missing in zip(images, absent):
        for name in (*image.groups, *missing):
            found = image.groups.get(name, [])
            verb = 'are' if is_plural(name) else 'is'
            thing = counted(name, 1)
            text = f'{verb} there {thing}?'
            phrases = (_phrase_of(text, thing, found),) if found else ()
            answer = 'yes' if found else 'no'
            yield Question(image.index, text, answer, 'is there', 'yes/no', phrases)


def _sides(
    rng: np.random.Generator, images: Sequence[AskedImage]
) -> Iterator[Question]:
    # Ask about the thing that balances the answers of its name.
    lean: dict[str, int] = defaultdict(int)  # "left" less "right" by name
    for image in images:
        related = [
            (left, right)
            for left, words, right in relations_of(
                image.groups, image.annotations, image.side
            )
            if words == 'to the left of'
        ]
        if not related:
            continue
        left, right = related[rng.integers(len(related))]
        leaning = lean[left] + lean[right] or rng.choice([-1, 1])
        answer = 'left' if leaning < 0 else 'right'
        first, second = (left, right) if answer == 'left' else (right, left)
        lean[first] += 1 if answer == 'left' else -1
        verb = 'are' if is_plural(first) else 'is'
        until_second = f'{verb} the {first} to the left or right of '
        text = f'{until_second}the {second}?'
        phrases = tuple(
            _phrase_of(text, f'the {name}', image.groups[name], place)
            for name, place in ((first, 0), (second, len(until_second)))
        )
        yield Question(
            image.index, text, answer, 'is the left or right', 'other', phrases
        )


def _phrase_of(text: str, words: str, objects: Iterable[int], place: int = 0) -> Phrase:
    start = text.index(words, place)
    return Phrase(start, start + len(words), tuple(objects))


def _draw(
    rng: np.random.Generator, questions: Sequence[Question], most: int
) -> list[Question]:
    chosen = rng.permutation(len(questions))[:most]
    return [questions[index] for index in chosen]


def balance(
    rng: np.random.Generator,
    questions: Iterable[Question],
    most: int,
    needed: Sequence[str] = (),
) -> list[Question]:
    """Keep equally many questions of each answer, for every text.

    Args:
        rng: Source of all choices.
        questions: To choose from.
        most: About how many to keep in all.
        needed: Answers that a text must have, others are left out; none: two of any.
    """
    texts: dict[str, dict[str, list[Question]]] = defaultdict(dict)
    for question in questions:
        if not needed or question.answer in needed:
            texts[question.text].setdefault(question.answer, []).append(question)
    least = len(needed) or 2
    texts = {text: answers for text, answers in texts.items() if len(answers) >= least}
    kept = []
    for answers in texts.values():
        share = max(most // (len(texts) * len(answers)), 1)
        each = min(share, *map(len, answers.values()))
        for of_answer in answers.values():
            kept += _draw(rng, of_answer, each)
    return kept

"""Odd texts and records: each is read or refused with an error meant for users."""

import copy
import json
import random
from collections.abc import Callable
from pathlib import Path

from ...datasets.coco import check_content
from ...datasets.odvg_record import detection_info, grounding_info, read_record
from ...text.prompt import build_prompt
from .outcome import Outcome

ODD = (
    None, True, -1, 0, 1.5, 1e400, float('nan'), 10**30, '', 'x', '\0', 'é', [], {},
    [[]], [None], [1, 2], [[0, 1]], [1, 2, 3, 4], {'a': 1}, '1', [['a', 'b']],
)  # fmt: skip
SIGNS = ' .,;:!?"\'()-–\n\t\0ß漢字🙂éáABcd  . '
DETECTION = dict(
    filename='a.jpg', height=20, width=30,
    detection=dict(instances=[dict(bbox=[1, 2, 9, 9], label=0, category='cat')]),
)  # fmt: skip
GROUNDING = dict(
    filename='a.jpg', height=20, width=30,
    grounding=dict(
        caption='a red cat', answer=[2, 5],
        regions=[dict(bbox=[1, 2, 9, 9], phrase='red cat', tokens_positive=[[2, 9]],
                      score=0.5)],
    ),
)  # fmt: skip


COCO = dict(
    images=[
        dict(id=1, file_name='a.jpg', height=20, width=30),
        dict(id=2, coco_url='http://x/b.jpg', height=20, width=30),
    ],
    annotations=[
        dict(id=1, image_id=1, category_id=1, bbox=[1, 2, 9, 9], area=81, iscrowd=0,
             segmentation=[[1, 2, 9, 2, 9, 9]]),
        dict(id=2, image_id=2, category_id=2, bbox=[1, 2, 9, 9], iscrowd=1,
             segmentation=dict(size=[20, 30], counts=[0, 100, 500])),
        dict(id=3, image_id=2, category_id=2, bbox=[1, 2, 9, 9],
             segmentation=dict(size=[20, 30], counts='bi0`0')),
    ],
    categories=[dict(id=1, name='cat', supercategory='animal'), dict(id=2, name='dog')],
)  # fmt: skip


def prompts(tries: int, seed: int, folder: Path) -> Outcome:
    """Make prompts of any texts; phrases have to lie in them."""

    def case(chance: random.Random) -> None:
        def text() -> str:
            count = chance.randrange(12)
            return ''.join(chance.choice(SIGNS) for _ in range(count))

        given = chance.choice((text(), [text() for _ in range(chance.randrange(4))]))
        if chance.random() < 0.1:
            given = chance.choice(ODD)
        spans = chance.choice((None, None, None, -1, *ODD))
        found = build_prompt(given, chance.random() < 0.5, spans)
        for phrase in found.tokens_positive:
            for begin, end in phrase:
                if not 0 <= begin < end <= len(found.text):
                    raise AssertionError(f'{begin}-{end} of {found.text!r}')

    return _try(
        Outcome('odd texts as prompts'), tries, seed, case, (ValueError, TypeError)
    )


def odvg_records(tries: int, seed: int, folder: Path) -> Outcome:
    """Read changed lines of ODVG files."""

    def case(chance: random.Random) -> None:
        record = changed(chance.choice((DETECTION, GROUNDING)), chance)
        found = read_record(json.dumps(record).encode())
        if 'detection' in found:
            detection_info(found, {'0': 'cat'}, 'images', _one_line)
        else:
            grounding_info(found, 'images', 0.0, _one_line)

    return _try(Outcome('records of ODVG files changed'), tries, seed, case)


def coco_files(tries: int, seed: int, folder: Path) -> Outcome:
    """Read changed COCO files, with and without a folder of their images."""

    def case(chance: random.Random) -> None:
        root = chance.choice((None, str(folder)))
        found = check_content(changed(COCO, chance), 'changed.json', root)
        found.refuse_faults()
        found.refuse_bad_boxes()

    return _try(Outcome('entries of COCO files changed'), tries, seed, case)


def _one_line(problem: ValueError) -> None:
    if '\n' in str(problem):
        raise AssertionError(f'not one line: {str(problem)!r}')


def changed(record: dict, chance: random.Random) -> dict:
    """Change values or remove keys somewhere in a record.

    Args:
        record: Stays as it is.
        chance: Chooses the places and the values.

    Returns:
        The changed copy.
    """
    found = copy.deepcopy(record)
    for _ in range(chance.randint(1, 3)):
        places: list[dict | list] = [found]
        for place in places:
            inner = place.values() if isinstance(place, dict) else place
            places += [x for x in inner if isinstance(x, (dict, list))]
        place = chance.choice([x for x in places if x] or [found])
        if not place:
            continue
        key = chance.choice(
            list(place if isinstance(place, dict) else range(len(place)))
        )
        if chance.random() < 0.25:
            del place[key]
        else:
            place[key] = copy.deepcopy(chance.choice(ODD))
    return found


def _try(
    outcome: Outcome,
    tries: int,
    seed: int,
    case: Callable[[random.Random], object],
    errors: tuple[type[Exception], ...] = (ValueError,),
) -> Outcome:
    for number in range(seed, seed + tries):
        outcome.tried += 1
        try:
            case(random.Random(number))
        except errors as error:
            if '\n' in str(error):
                outcome.lost.append(f'case {number}: {str(error)!r}')
        except Exception as error:
            outcome.lost.append(f'case {number}: {type(error).__name__}: {error}')
    return outcome

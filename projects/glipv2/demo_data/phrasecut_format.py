"""Referring expressions of scenes in PhraseCut's layout (refer_SPLIT.json)."""

from collections.abc import Sequence

import cv2
import numpy as np
from pycocotools import mask as rle

from .captions import centre_of, groups_of
from .wording import NUMBERS, counted

ENLARGE = 4  # a contour runs through pixels' centres; on small ones it loses less
LEAST_POINTS = 3
SIDES = {'left': 0, 'right': -1}  # place among those of a kind, from left to right


def phrasecut_tasks(image: dict, annotations: Sequence[dict]) -> list[dict]:
    """Describe objects of an image by phrases.

    Returns:
        A task for each kind ("red apple", or "two dog faces" for all of them), and for
        kinds of several objects the outermost ones ("left red apple").
    """
    phrases: list[tuple[str, str, list[str], list[int]]] = []
    for name, members in groups_of(annotations).items():
        if len(members) == 1:
            phrases.append((name, name, [], members))
            continue
        if len(members) < len(NUMBERS):
            number = NUMBERS[len(members)]
            phrases.append((counted(name, len(members)), name, [number], members))
        ordered = sorted(members, key=lambda i: centre_of(annotations[i]['bbox'])[0])
        for side, place in SIDES.items():
            phrases.append((f'{side} {name}', name, [side], [ordered[place]]))
    # As in PhraseCut, an image's file is named by its id.
    image_id = image['file_name'].rpartition('.')[0]
    return [
        dict(
            task_id=f'{image_id}__{number}',
            image_id=image_id,
            ann_ids=[int(index) for index in members],
            instance_boxes=[annotations[index]['bbox'] for index in members],
            Polygons=[_polygons_of(annotations[index]) for index in members],
            phrase=phrase,
            phrase_structure=dict(name=name, attributes=attributes),
        )
        for number, (phrase, name, attributes, members) in enumerate(phrases)
    ]


def _polygons_of(annotation: dict) -> list[list[list[float]]]:
    mask = rle.decode(annotation['segmentation'])
    large = np.kron(mask, np.ones((ENLARGE, ENLARGE), np.uint8))
    contours, _ = cv2.findContours(large, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_TC89_L1)
    return [
        [[(x + 0.5) / ENLARGE, (y + 0.5) / ENLARGE] for x, y in contour[:, 0].tolist()]
        for contour in contours
        if len(contour) >= LEAST_POINTS
    ]

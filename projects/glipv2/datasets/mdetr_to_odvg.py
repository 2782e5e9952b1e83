"""MDETR's files of sentences with boxes (GoldG) as ODVG lines."""

import json
import logging
from collections import defaultdict
from pathlib import Path

from mmengine.logging import print_log

from ..progress import progress
from ..structures.corners import corners_of
from ..text.prompt import check_spans
from ..whole_file import replaced
from .bad_items import ON_BAD
from .coco.ids import id_key
from .files.list_items import list_items
from .files.utf8_file import utf8_file

Phrases = dict[tuple, list]  # boxes [x1, y1, x2, y2] by spans


def mdetr_to_odvg(source: Path, out: Path, on_bad: str = 'error') -> tuple[int, int]:
    """Write a line for each sentence that has a box.

    Phrases are told apart by their place in the sentence: in "a dog chases a dog" each
    dog keeps its own boxes.

    Args:
        source: An MDETR file, such as ``final_flickr_separateGT_train.json``.
        out: The lines, for ``StreamingODVGDataset``.
        on_bad: ``'error'``: a bad sentence stops the run; ``'skip'``: it is left out,
            and counted in the log.

    Returns:
        Number of lines and of phrases.

    Raises:
        OSError: If a file cannot be read or written.
        ValueError: If it is no such file, or a sentence is wrong (names it).
    """
    if on_bad not in ON_BAD:
        raise ValueError(f'on_bad must be one of {ON_BAD}, not {on_bad!r}')
    text = utf8_file(source)
    phrases_of: dict[int | str | None, Phrases] = defaultdict(dict)
    entries = progress(list_items(text, 'annotations'), 'Annotations')
    for number, (_, _, entry) in enumerate(entries, 1):
        try:
            spans, box = _phrase(entry)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f'{source}, item {number} of the annotations needs bbox '
                f'[x, y, width, height], tokens_positive and image_id ({error!r})'
            ) from error
        if not entry.get('iscrowd') and min(box[2] - box[0], box[3] - box[1]) >= 1:
            phrases_of[id_key(entry['image_id'])].setdefault(spans, []).append(box)
    lines = phrases = left_out = 0
    out.parent.mkdir(parents=True, exist_ok=True)
    with replaced(out) as file:
        for _, _, image in progress(list_items(text, 'images'), 'Sentences'):
            own = phrases_of.get(id_key(image.get('id')))
            if not own:
                continue
            try:
                record = _record(image, own)
            except (KeyError, TypeError, ValueError) as error:
                if on_bad == 'error':
                    what = f'{source}, image {image.get("id")}: {error!s}'
                    raise ValueError(what) from error
                left_out += 1
                continue
            file.write(json.dumps(record).encode() + b'\n')
            lines, phrases = lines + 1, phrases + len(own)
    if left_out:
        what = f'{source}: left out {left_out} bad sentences'
        print_log(what, 'current', logging.WARNING)
    return lines, phrases


def _phrase(entry: dict) -> tuple[tuple, list[float]]:
    """Read the spans of an annotation, in their order, and its corners."""
    spans = tuple(sorted((start, end) for start, end in entry['tokens_positive']))
    return spans, corners_of([float(x) for x in entry['bbox']])


def _record(image: dict, phrases: Phrases) -> dict:
    lacking = [
        key
        for key in ('file_name', 'height', 'width', 'caption')
        if image.get(key) is None
    ]
    if lacking:
        raise ValueError(f'it lacks {", ".join(lacking)}')
    caption = image['caption']
    regions = []
    for label, (spans, boxes) in enumerate(phrases.items()):
        check_spans(caption, spans, label)
        words = ' '.join(caption[start:end] for start, end in spans)
        regions.append(dict(phrase=words, tokens_positive=spans, bbox=boxes))
    return dict(
        filename=image['file_name'],
        height=int(image['height']),
        width=int(image['width']),
        grounding=dict(caption=caption, regions=regions),
    )

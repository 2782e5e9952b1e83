"""Records of ODVG files (mmdet's format)."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite

from ..text.name_layout import plain_words
from ..text.prompt import check_spans
from .images.image_header import MOST_SIDE
from .images.image_path import image_path

THINNEST = 1  # pixels; mmdet's ODVGDataset leaves out what is thinner


class BoxError(ValueError):
    """A box that shows nothing of the image."""


class OutsideBoxError(BoxError):
    """A box outside its image."""


class ThinBoxError(BoxError):
    """A box thinner than a pixel."""


class SpanError(ValueError):
    """A phrase that is not in its caption."""


class LabelError(ValueError):
    """A label without a name."""


Report = Callable[[ValueError], None]


def read_record(line: bytes) -> dict:
    """Parse a line.

    Args:
        line: One JSON object.

    Returns:
        The object, with ``filename``, and ``height`` and ``width`` as integers.

    Raises:
        ValueError: If it is not a JSON object, or lacks a required key.
    """
    try:
        record = json.loads(line)
    except UnicodeDecodeError as error:
        raise ValueError(f'no UTF-8 text ({error})') from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f'no JSON ({error}); write one object a line') from error
    if not isinstance(record, dict):
        raise ValueError(f'no JSON object, but {type(record).__name__}')
    record.setdefault('filename', record.get('file_name'))
    lacking = [
        key for key in ('filename', 'height', 'width') if record.get(key) is None
    ]
    if not {'detection', 'grounding'} & record.keys():
        lacking.append('detection or grounding')
    if lacking:
        is_coco = {'images', 'annotations'} <= record.keys()
        hint = '; it is a COCO file: convert it with coco2odvg.py' if is_coco else ''
        raise ValueError(f'the record lacks {", ".join(lacking)}{hint}')
    for key in ('height', 'width'):
        record[key] = _side(record[key], key)
    return record


def read_label_map(content: object, source: str) -> dict[str, str]:
    """Read names by label.

    Args:
        content: Of a label map: names by label, labels by name, or a list of names.
        source: The file's path, for errors.

    Returns:
        Names by label ('0', '1', ...).

    Raises:
        ValueError: If it is none of these, a label is a duplicate, or two names read
            the same.
    """
    if isinstance(content, list):
        content = dict(enumerate(content))
    if not isinstance(content, dict) or not content:
        raise ValueError(f'{source} must hold names by label')
    pairs = list(content.items())
    if any(label_text(label) is None for label, _ in pairs):  # labels by name
        pairs = [(label, name) for name, label in pairs]
    names: dict[str, str] = {}
    seen: dict[str, str] = {}
    for given, name in pairs:
        label = label_text(given)
        if label is None or not isinstance(name, str) or not name.strip():
            raise ValueError(
                f'{source} must hold names by label, such as {{"0": "cat"}}, but has '
                f'{given!r} for {name!r}'
            )
        if label in names:
            raise ValueError(f'{source}: the label {label} is a duplicate')
        words = plain_words(name)
        if words in seen:
            raise ValueError(
                f'{source}: {seen[words]!r} and {name!r} read the same, so that the '
                'model cannot tell them apart; make them one label'
            )
        seen[words] = names[label] = name
    return names


def label_text(label: object) -> str | None:
    """Write a label as label maps do: '1' for 1, 1.0 and '1.0'; None: it is none."""
    try:
        number = float(label)
        if isinstance(label, bool) or number != int(number):
            return None
    except (OverflowError, TypeError, ValueError):
        return None
    return str(int(number))


@contextmanager
def _types_checked() -> Iterator[None]:
    """Make one kind of error of all that a value of another type leads to."""
    try:
        yield
    except (TypeError, AttributeError, LookupError, OverflowError) as error:
        raise ValueError(f'a value is of the wrong type ({error})') from error


@_types_checked()
def detection_info(
    record: Mapping, names: Mapping[str, str], folder: str, report: Report
) -> dict:
    """Make mmdet's entry of an image with boxes of categories.

    Args:
        record: A record with ``detection``.
        names: Class name by label. A label may also be the name itself.
        folder: Folder of the images.
        report: Is called with a ``LabelError``, ``BoxError`` or other ``ValueError``
            of a box, which is then left out.

    Returns:
        The entry.

    Raises:
        ValueError: If the record is wrong beyond single boxes.
    """
    instances = []
    items = _objects(_object(record['detection'], 'detection'), 'instances')
    for number, item in enumerate(items):
        label = label_text(item.get('label'))
        if label not in names:
            label = next((x for x in names if names[x] == item.get('label')), None)
        if label is None:
            report(
                LabelError(
                    f'box {number} has the label {item.get("label")}, which the label '
                    f'map lacks ({len(names)} names)'
                )
            )
        elif _is_shown(item.get('bbox'), record, f'box {number}', report):
            instances.append(
                _instance(item['bbox'], int(label), item.get('segmentation'))
            )
    info = _info(record, folder, instances, 'OD')
    return dict(info, text=names)


@_types_checked()
def grounding_info(
    record: Mapping, folder: str, min_score: float, report: Report
) -> dict:
    """Make mmdet's entry of an image with a caption and boxes of its phrases.

    Args:
        record: A record with ``grounding``: ``caption`` and ``regions`` of one or
            more boxes, maybe with ``score`` (pseudo-labels) and ``segmentation``
            (polygons or an RLE) for each box; and, optionally, ``answer``, the span
            of an answer in the caption (``HideAnswer``).
        folder: Folder of the images.
        min_score: Boxes with a score up to this are left out.
        report: Is called with a ``SpanError``, ``BoxError`` or other ``ValueError``
            of a phrase or a box, which is then left out.

    Returns:
        The entry.

    Raises:
        ValueError: If the record is wrong beyond single phrases.
    """
    caption = caption_of(record)
    instances, phrases = [], {}
    for label, region in enumerate(_objects(record['grounding'], 'regions')):
        try:
            spans = check_spans(caption, region.get('tokens_positive', ()), label)
        except ValueError as error:
            report(SpanError(error))
            spans = ()
        try:
            found = list(_boxes_of(region, label))
        except ValueError as error:
            report(error)
            continue
        for number, (box, score, mask) in enumerate(found):
            if score is not None and score <= min_score:
                continue
            shown = _is_shown(box, record, f'phrase {label}, box {number}', report)
            if shown and spans:
                instances.append(_instance(box, label, mask))
                phrases[label] = dict(
                    phrase=region.get('phrase', ''), tokens_positive=spans
                )
    info = dict(_info(record, folder, instances, 'VG'), text=caption, phrases=phrases)
    answer = record['grounding'].get('answer')
    if answer is not None:
        info['answer'] = check_spans(caption, [answer], 'answer')[0]
    return info


def caption_of(record: Mapping) -> str:
    """Read the caption of a grounding record; ValueError if it has none."""
    caption = _object(record['grounding'], 'grounding').get('caption')
    if not isinstance(caption, str) or not caption.strip():
        raise ValueError(f'the caption is empty: {caption!r}')
    return caption


def _boxes_of(
    region: Mapping, label: int
) -> Iterator[tuple[object, float | None, object]]:
    """List the boxes of a phrase, with score and mask."""
    boxes = region.get('bbox') or []
    if not isinstance(boxes, list) or not isinstance((boxes or [0])[0], list):
        boxes = [boxes]  # a single one
    scores = region.get('score')
    scores = [None] * len(boxes) if scores is None else scores
    scores = scores if isinstance(scores, list) else [scores]
    masks = region.get('segmentation') or [None] * len(boxes)
    masks = [masks] if isinstance(masks, dict) else masks
    for what, values in (('scores', scores), ('masks', masks)):
        if len(values) != len(boxes):
            raise ValueError(
                f'phrase {label} has {len(boxes)} boxes, but {len(values)} {what}'
            )
    for score in scores:
        if score is not None and not isinstance(score, (int, float)):
            raise ValueError(f'phrase {label} has the score {score!r}, not a number')
    return zip(boxes, scores, masks)


def _instance(box: Sequence[float], label: int, mask: list | dict | None) -> dict:
    instance = dict(ignore_flag=0, bbox=box, bbox_label=label)
    return instance if mask is None else dict(instance, mask=mask)


def _info(record: Mapping, folder: str, instances: list, mode: str) -> dict:
    return dict(
        img_path=image_path(folder, record['filename'], 'filename'),
        height=record['height'],
        width=record['width'],
        instances=instances,
        dataset_mode=mode,
    )


def _is_shown(box: object, record: Mapping, name: str, report: Report) -> bool:
    """Check that the image shows a box, as mmdet's ODVGDataset does, and say if not."""
    numbers = isinstance(box, list) and len(box) == 4
    if not numbers or not all(isinstance(x, (int, float)) and isfinite(x) for x in box):
        report(ValueError(f'{name} is {box}, but four finite numbers are needed'))
        return False
    x1, y1, x2, y2 = box
    width, height = record['width'], record['height']
    if x2 <= x1 or y2 <= y1:
        report(
            BoxError(
                f'{name} is {box}, without area; boxes are [x1, y1, x2, y2], not '
                '[x, y, width, height]'
            )
        )
    elif x1 >= width or y1 >= height or x2 <= 0 or y2 <= 0:
        report(
            OutsideBoxError(f'{name} is {box}, outside the image of {width} x {height}')
        )
    elif x2 - x1 < THINNEST or y2 - y1 < THINNEST:
        report(ThinBoxError(f'{name} is {box}, thinner than a pixel'))
    else:
        return True
    return False


def _object(value: object, key: str) -> dict:
    if not isinstance(value, dict):
        raise ValueError(f'{key} must be an object, but is {value!r:.60}')
    return value


def _objects(parent: Mapping, key: str) -> list[dict]:
    """Read a list of objects; absent or null, it is empty."""
    found = parent.get(key)
    found = [] if found is None else found
    if not isinstance(found, list) or not all(isinstance(x, dict) for x in found):
        raise ValueError(f'{key} must be a list of objects, but is {found!r:.60}')
    return found


def _side(value: object, key: str) -> int:
    number = label_text(value)
    if number is None or not 0 < int(number) <= MOST_SIDE:
        raise ValueError(
            f'{key} must be a number of pixels from 1 to {MOST_SIDE}, but is {value!r}'
        )
    return int(number)

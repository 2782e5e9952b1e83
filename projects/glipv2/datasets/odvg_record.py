"""Records of ODVG files (mmdet's format)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite
from os.path import join

from ..text.prompt import check_spans


def read_record(line: bytes) -> dict:
    """Parse a line.

    Args:
        line: One JSON object.

    Returns:
        The object.

    Raises:
        ValueError: If it is not a JSON object, or lacks a required key.
    """
    try:
        record = json.loads(line)
    except ValueError as error:
        raise ValueError(f'no JSON ({error})') from error
    if not isinstance(record, dict):
        raise ValueError(f'no JSON object, but {type(record).__name__}')
    lacking = [key for key in ('filename', 'height', 'width') if key not in record]
    if not {'detection', 'grounding'} & record.keys():
        lacking.append('detection or grounding')
    if lacking:
        raise ValueError(f'the record lacks {", ".join(lacking)}')
    return record


@contextmanager
def _types_checked() -> Iterator[None]:
    """Make one kind of error of all that a value of another type leads to."""
    try:
        yield
    except (TypeError, AttributeError, LookupError, OverflowError) as error:
        raise ValueError(f'a value is of the wrong type ({error})') from error


@_types_checked()
def detection_info(record: Mapping, names: Mapping[str, str], folder: str) -> dict:
    """Make mmdet's entry of an image with boxes of categories.

    Args:
        record: A record with ``detection``.
        names: Class name by label.
        folder: Folder of the images.

    Returns:
        The entry, without boxes outside the image or thinner than a pixel.

    Raises:
        ValueError: If a label has no name, or a box is not four finite numbers.
    """
    instances = []
    for number, item in enumerate(record['detection'].get('instances', [])):
        label = str(item.get('label'))
        if label not in names:
            raise ValueError(
                f'box {number} has the label {label}, which the label map lacks '
                f'({len(names)} names)'
            )
        if _is_inside(item.get('bbox'), record, number):
            instances.append(
                _instance(item['bbox'], int(label), item.get('segmentation'))
            )
    info = _info(record, folder, instances, 'OD')
    return dict(info, text=names)


@_types_checked()
def grounding_info(record: Mapping, folder: str, min_score: float) -> dict:
    """Make mmdet's entry of an image with a caption and boxes of its phrases.

    Args:
        record: A record with ``grounding``: ``caption`` and ``regions`` of one or
            more boxes, maybe with ``score`` (pseudo-labels) and ``segmentation``
            (polygons or an RLE) for each box; and, optionally, ``answer``, the span
            of an answer in the caption (``HideAnswer``).
        folder: Folder of the images.
        min_score: Boxes with a score up to this are left out.

    Returns:
        The entry, without boxes outside the image or thinner than a pixel.

    Raises:
        ValueError: If a span lies outside the caption, or a box is not four finite
            numbers.
    """
    caption = record['grounding'].get('caption')
    if not isinstance(caption, str) or not caption.strip():
        raise ValueError(f'the caption is empty: {caption!r}')
    instances, phrases = [], {}
    for label, region in enumerate(record['grounding'].get('regions', [])):
        spans = check_spans(caption, region.get('tokens_positive', ()), label)
        boxes = region.get('bbox') or []
        boxes = boxes if boxes and isinstance(boxes[0], (list, tuple)) else [boxes]
        scores = region.get('score', [None] * len(boxes))
        scores = scores if isinstance(scores, (list, tuple)) else [scores]
        if len(scores) != len(boxes):
            raise ValueError(
                f'phrase {label} has {len(boxes)} boxes, but {len(scores)} scores'
            )
        masks = region.get('segmentation') or [None] * len(boxes)
        if len(masks) != len(boxes):
            raise ValueError(
                f'phrase {label} has {len(boxes)} boxes, but {len(masks)} masks'
            )
        for box, score, mask in zip(boxes, scores, masks):
            if score is not None and score <= min_score:
                continue
            if _is_inside(box, record, label):
                instances.append(_instance(box, label, mask))
                phrases[label] = dict(
                    phrase=region.get('phrase', ''), tokens_positive=spans
                )
    info = dict(_info(record, folder, instances, 'VG'), text=caption, phrases=phrases)
    answer = record['grounding'].get('answer')
    if answer is not None:
        info['answer'] = check_spans(caption, [answer], 'answer')[0]
    return info


def _instance(box: Sequence[float], label: int, mask: list | dict | None) -> dict:
    instance = dict(ignore_flag=0, bbox=box, bbox_label=label)
    return instance if mask is None else dict(instance, mask=mask)


def _info(record: Mapping, folder: str, instances: list, mode: str) -> dict:
    return dict(
        img_path=join(folder, record['filename']),
        height=record['height'],
        width=record['width'],
        instances=instances,
        dataset_mode=mode,
    )


def _is_inside(box: Sequence[float] | None, record: Mapping, number: int) -> bool:
    """Check whether mmdet's ODVGDataset would keep a box."""
    numbers = isinstance(box, (list, tuple)) and len(box) == 4
    if not numbers or not all(isinstance(x, (int, float)) and isfinite(x) for x in box):
        raise ValueError(f'box {number} is {box}, but four finite numbers are needed')
    x1, y1, x2, y2 = box
    shown_width = min(x2, record['width']) - max(x1, 0)
    shown_height = min(y2, record['height']) - max(y1, 0)
    return shown_width > 0 and shown_height > 0 and x2 - x1 >= 1 and y2 - y1 >= 1

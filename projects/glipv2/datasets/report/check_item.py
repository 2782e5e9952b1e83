"""Checks of one item: image, boxes, masks, sentence and phrases."""

from collections.abc import Mapping
from math import isfinite

from mmdet.registry import TRANSFORMS
from transformers import PreTrainedTokenizerFast

from ...text.prompt import check_spans
from ...text.tokens import encode
from ..transforms.load_image import LoadImage, lies_outside
from ..transforms.load_masks import LoadTextMasks
from .item import Box, Item
from .problems import (
    BAD_MASK,
    BROKEN_IMAGE,
    CUT_TEXT,
    IDLE_MASK,
    IMAGE_SIZE,
    ITEM,
    NO_IMAGE,
    NO_TOKENS,
    OUTSIDE_BOX,
    OVER_BOX,
    SKIPPED_IMAGE,
    SPAN,
    THIN_BOX,
    TOO_LONG,
    TURNED_SIZE,
    UNKNOWN_WORDS,
    Kind,
    Problems,
)

EDGE = 1.0  # pixels that a box may be over the edge, from rounding


class ImageSizes:
    """Reads images as the pipeline does, and keeps their sizes.

    Args:
        pipeline: The data set's pipeline. Images are decoded as by its ``LoadImage``;
            ``skips_broken`` is whether that skips broken ones.
    """

    def __init__(self, pipeline: list[Mapping]) -> None:
        own = [dict(step) for step in pipeline if step['type'] == 'LoadImage']
        config = {**own[0], 'on_bad': 'error'} if own else dict(type='LoadImage')
        self.skips_broken = bool(own and own[0].get('on_bad') == 'skip')
        self._load: LoadImage = TRANSFORMS.build(config)
        self._sizes: dict[str, tuple[int, int] | OSError] = {}

    def __len__(self) -> int:
        return len(self._sizes)

    def read(self, path: str) -> tuple[int, int] | OSError:
        """Read an image, once.

        Args:
            path: The file.

        Returns:
            Its height and width in pixels, or what is wrong with it.
        """
        if path not in self._sizes:
            try:
                self._sizes[path] = self._load(dict(img_path=path))['ori_shape']
            except OSError as error:
                self._sizes[path] = error
        return self._sizes[path]


def check_image(
    item: Item,
    found: tuple[int, int] | OSError,
    skips_broken: bool,
    problems: Problems,
) -> tuple[int, int] | None:
    """Check that the image exists, is whole and has the stated size.

    Args:
        item: The item.
        found: Height and width of its image, pixels, or the error.
        skips_broken: Whether training skips a broken image.
        problems: Receives problems.

    Returns:
        Height and width of the frame of its boxes, pixels; None: not known.
    """
    actual = None if isinstance(found, OSError) else tuple(found)
    if actual is None:
        is_missing = isinstance(found, FileNotFoundError)
        kind = NO_IMAGE if is_missing else BROKEN_IMAGE
        problems.add(SKIPPED_IMAGE if skips_broken else kind, item.where, found)
    if item.size is None:
        return actual
    if not all(isinstance(side, int) and side > 0 for side in item.size):
        problems.add(ITEM, item.where, f'its height and width are {item.size}')
        return actual
    if actual is None or item.size == actual:
        return item.size
    if item.size == actual[::-1] and not any(
        _is_box(box.xyxy) and lies_outside(box.xyxy, actual) for box in item.boxes
    ):
        problems.add(TURNED_SIZE, item.where, f'its height and width are {actual}')
        return actual
    height, width = item.size
    what = f'stated {width} x {height}, but is {actual[1]} x {actual[0]}'
    problems.add(SKIPPED_IMAGE if skips_broken else IMAGE_SIZE, item.where, what)
    return item.size


def check_boxes(
    item: Item,
    size: tuple[int, int] | None,
    bad_box: Kind,
    trains_masks: bool,
    problems: Problems,
) -> None:
    """Check boxes and their masks.

    Args:
        item: The item.
        size: Height and width of its image, pixels; None: not known.
        bad_box: Kind of problem of an unusable box.
        trains_masks: Whether the data set loads masks.
        problems: Receives problems.
    """
    for box in item.boxes:
        where = f'{item.where}, {box.where}'
        if not _is_box(box.xyxy):
            problems.add(bad_box, where, f'corners {box.xyxy}')
            continue
        if size is not None:
            _check_place(box, where, size, problems)
            _check_mask(box, where, size, trains_masks, problems)


def _is_box(xyxy: object) -> bool:
    if not isinstance(xyxy, (list, tuple)) or len(xyxy) != 4:
        return False
    if not all(isinstance(x, (int, float)) and isfinite(x) for x in xyxy):
        return False
    return xyxy[0] < xyxy[2] and xyxy[1] < xyxy[3]


def _check_place(
    box: Box, where: str, size: tuple[int, int], problems: Problems
) -> None:
    (height, width), (x1, y1, x2, y2) = size, box.xyxy
    shown = f'corners {[round(x, 1) for x in box.xyxy]}, image {width} x {height}'
    if lies_outside(box.xyxy, size):
        problems.add(OUTSIDE_BOX, where, shown)
    elif min(x1, y1) < -EDGE or x2 > width + EDGE or y2 > height + EDGE:
        problems.add(OVER_BOX, where, shown)
    if x2 - x1 < 1 or y2 - y1 < 1:
        problems.add(THIN_BOX, where, shown)


def _check_mask(
    box: Box,
    where: str,
    size: tuple[int, int],
    trains_masks: bool,
    problems: Problems,
) -> None:
    instance = dict(bbox=box.xyxy, mask=box.mask, ignore_flag=int(box.is_crowd))
    try:
        _, fault = LoadTextMasks().read_mask(instance, *size)
    except Exception as error:  # pycocotools raises many types
        fault = f'cannot be read: {error}'
    if fault is not None:
        problems.add(BAD_MASK if trains_masks else IDLE_MASK, where, f'mask {fault}')


def check_text(
    item: Item,
    tokenizer: PreTrainedTokenizerFast,
    max_tokens: int,
    problems: Problems,
) -> int:
    """Check a sentence and the phrases in it.

    Args:
        item: An item with ``text``.
        tokenizer: The text encoder's tokenizer.
        max_tokens: Most tokens of a prompt, special tokens included.
        problems: Receives problems.

    Returns:
        Tokens of the sentence, special tokens included.
    """
    encoded = encode(tokenizer, item.text)
    ids, offsets = encoded['input_ids'], encoded['offset_mapping']
    if len(ids) > max_tokens:
        what = f'{len(ids)} tokens, max_tokens is {max_tokens}: {item.text[:60]!r}'
        problems.add(CUT_TEXT if item.text_is_cut else TOO_LONG, item.where, what)
    for label, given in item.phrases.items():
        try:
            spans = check_spans(item.text, given, label)
        except ValueError as error:
            problems.add(SPAN, item.where, error)
            continue
        phrase = ' / '.join(item.text[start:end] for start, end in spans)
        own = [
            token
            for token, (start, end) in zip(ids, offsets)
            if end > start and any(start < b and end > a for a, b in spans)
        ]
        check_tokens(own, phrase, f'{item.where}, phrase {label}', tokenizer, problems)
    return len(ids)


def check_tokens(
    ids: list[int],
    phrase: str,
    where: str,
    tokenizer: PreTrainedTokenizerFast,
    problems: Problems,
) -> None:
    """Check that the tokenizer knows the words of a phrase.

    Args:
        ids: Its token ids, without special tokens.
        phrase: The phrase.
        where: File and item, for the report.
        tokenizer: The text encoder's tokenizer.
        problems: Receives problems.
    """
    if not ids:
        problems.add(NO_TOKENS, where, repr(phrase))
    elif all(token == tokenizer.unk_token_id for token in ids):
        problems.add(UNKNOWN_WORDS, where, repr(phrase))

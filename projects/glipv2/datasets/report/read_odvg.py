"""Items of a StreamingODVGDataset; problems of its lines do not stop the reading."""

from collections.abc import Iterator

from ..odvg_record import (
    BoxError,
    LabelError,
    OutsideBoxError,
    SpanError,
    ThinBoxError,
    read_record,
)
from ..odvg_stream import StreamingODVGDataset
from .item import Box, Item
from .problems import (
    BAD_BOX,
    CLASSES,
    FILE,
    ITEM,
    OUTSIDE_BOX,
    SKIPPED_BOX,
    SKIPPED_LINE,
    SPAN,
    THIN_BOX,
    Kind,
    Problems,
)

KINDS = {
    ThinBoxError: THIN_BOX,
    OutsideBoxError: OUTSIDE_BOX,
    BoxError: BAD_BOX,
    LabelError: CLASSES,
    SpanError: SPAN,
}


def read_odvg(dataset: StreamingODVGDataset, problems: Problems) -> Iterator[Item]:
    """Read an ODVG file record by record, as training does.

    Args:
        dataset: A data set that is not loaded.
        problems: Receives problems.

    Yields:
        An item for each record.
    """
    try:
        dataset.full_init()
    except (OSError, ValueError) as error:
        problems.add(FILE, dataset.ann_file, error)
        return
    for number in range(len(dataset.records)):
        where = dataset.place(number)

        def report(error: ValueError, where: str = where) -> None:
            problems.add(_kind_of(error, dataset), '', f'{where}, {error}')

        try:
            entry = dataset.entry_of(read_record(dataset.records[number]), report)
        except ValueError as error:
            problems.add(_kind_of(error, dataset), where, error)
        else:
            yield _item(entry, where)


def _kind_of(error: ValueError, dataset: StreamingODVGDataset) -> Kind:
    kind = next((KINDS[t] for t in type(error).__mro__ if t in KINDS), ITEM)
    if dataset.on_bad == 'error' or not kind.is_error:
        return kind
    return SKIPPED_BOX if isinstance(error, BoxError) else SKIPPED_LINE


def _item(entry: dict, where: str) -> Item:
    names, phrases = entry['text'], entry.get('phrases')
    boxes, counted = [], []
    for number, instance in enumerate(entry['instances']):
        label = instance['bbox_label']
        part = f'box {number}' if phrases is None else f'phrase {label}'
        boxes.append(Box(part, instance['bbox'], instance.get('mask')))
        counted.append(
            names[str(label)] if phrases is None else str(phrases[label]['phrase'])
        )
    return Item(
        where,
        entry['img_path'],
        (entry['height'], entry['width']),
        boxes,
        counted,
        text=None if phrases is None else names,
        phrases={
            label: phrase['tokens_positive']
            for label, phrase in (phrases or {}).items()
        },
        text_is_cut=True,
    )

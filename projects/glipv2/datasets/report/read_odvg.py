"""Items of a StreamingODVGDataset; problems of its lines do not stop the reading."""

from collections.abc import Iterator
from os.path import join

from ..odvg_record import read_record
from ..odvg_stream import StreamingODVGDataset
from .item import Box, Item
from .problems import CLASSES, FILE, ITEM, SKIPPED_LINE, Kind, Problems


def read_odvg(dataset: StreamingODVGDataset, problems: Problems) -> Iterator[Item]:
    """Read an ODVG file line by line.

    Args:
        dataset: A data set that is not loaded.
        problems: Receives problems.

    Yields:
        An item for each record.
    """
    kind = 'grounding' if dataset.label_map is None else 'detection'
    found = False
    bad_line = _bad_line(dataset)
    for number, line in _lines(dataset.ann_file, problems):
        where = f'{dataset.ann_file}, line {number}'
        found = True
        try:
            record = read_record(line)
        except ValueError as error:
            problems.add(bad_line, where, error)
            continue
        if kind not in record:
            hint = 'detection records need label_map_file, grounding records none'
            problems.add(bad_line, where, f'it has no {kind}; {hint}')
        elif kind == 'detection':
            yield _detection(record, where, dataset, problems)
        else:
            yield from _grounding(record, where, dataset, problems)
    if not found:
        problems.add(FILE, dataset.ann_file, 'it holds no records')


def _bad_line(dataset: StreamingODVGDataset) -> Kind:
    return SKIPPED_LINE if dataset.on_bad == 'skip' else ITEM


def _lines(path: str, problems: Problems) -> Iterator[tuple[int, bytes]]:
    """Read the lines that are not empty, with their numbers from 1."""
    try:
        with open(path, 'rb') as file:
            for number, line in enumerate(file, start=1):
                if line.rstrip(b'\n'):
                    yield number, line
    except OSError as error:
        problems.add(FILE, path, error)


def _detection(
    record: dict, where: str, dataset: StreamingODVGDataset, problems: Problems
) -> Item:
    boxes, counted = [], []
    for number, entry in enumerate(record['detection'].get('instances', [])):
        name = dataset.label_map.get(str(entry.get('label')))
        if name is None:
            what = f'the label {entry.get("label")} of box {number} is not in the map'
            problems.add(CLASSES, where, what)
            continue
        boxes.append(Box(f'box {number}', entry.get('bbox'), entry.get('segmentation')))
        counted.append(name)
    return Item(where, _path(record, dataset), _size(record), boxes, counted)


def _grounding(
    record: dict, where: str, dataset: StreamingODVGDataset, problems: Problems
) -> Iterator[Item]:
    caption = record['grounding'].get('caption')
    if not isinstance(caption, str) or not caption.strip():
        problems.add(_bad_line(dataset), where, f'the caption is empty: {caption!r}')
        return
    boxes, counted, phrases = [], [], {}
    for label, region in enumerate(record['grounding'].get('regions', [])):
        phrases[label] = region.get('tokens_positive', ())
        own = region.get('bbox') or []
        own = own if own and isinstance(own[0], (list, tuple)) else [own]
        masks = region.get('segmentation') or [None] * len(own)
        scores = region.get('score', [None] * len(own))
        scores = scores if isinstance(scores, (list, tuple)) else [scores]
        for name, values in (('scores', scores), ('masks', masks)):
            if len(values) != len(own):
                what = f'phrase {label} has {len(own)} boxes, but {len(values)} {name}'
                problems.add(_bad_line(dataset), where, what)
        boxes += [
            Box(f'phrase {label}, box {number}', box, mask)
            for number, (box, mask) in enumerate(zip(own, masks))
        ]
        counted += [str(region.get('phrase', ''))] * len(own)
    yield Item(
        where,
        _path(record, dataset),
        _size(record),
        boxes,
        counted,
        text=caption,
        phrases=phrases,
        text_is_cut=True,
    )


def _path(record: dict, dataset: StreamingODVGDataset) -> str:
    return join(dataset.data_prefix.get('img', ''), record['filename'])


def _size(record: dict) -> tuple[int, int]:
    return record['height'], record['width']

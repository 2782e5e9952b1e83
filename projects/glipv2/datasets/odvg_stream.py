"""ODVG files larger than memory: detection and grounding data."""

import logging
from collections.abc import Iterator, Sequence
from os.path import isabs, join

import numpy as np
from mmdet.registry import DATASETS
from mmengine.logging import print_log

from ..renamed import refusing_old_keys
from .bad_items import BadItems
from .files.json_file import read_json
from .files.line_index import LineIndex
from .files.stored_records import StoredRecords
from .odvg_record import (
    BoxError,
    Report,
    ThinBoxError,
    caption_of,
    detection_info,
    grounding_info,
    read_label_map,
    read_record,
)


@DATASETS.register_module()
@refusing_old_keys
class StreamingODVGDataset(BadItems, StoredRecords):
    """mmdet's ``ODVGDataset``, but records stay on disk and are checked.

    Samples are those of ``ODVGDataset``. A record is read and checked when its sample
    is; only a memory-mapped index of the lines is kept (``LineIndex``). Boxes thinner
    than a pixel are left out, as by ``ODVGDataset``, and counted in ``num_left_out``.

    Args:
        *args: As for mmdet's ``BaseDetDataset`` (``ann_file``: JSON lines, or a
            JSON list of the same objects; maybe compressed by gzip).
        label_map_file: JSON of names by label (or labels by name, or a list of names),
            for detection records; None: records are grounding records.
        min_score: Boxes with a score up to this are left out (0.5 in GLIP); only
            pseudo-labels have scores.
        num_negative_captions: Number of other records' captions in a grounding
            sample's ``negative_captions``, for ``PackCaptions``.
        on_bad: ``'error'``: a line that is no record, or a box without area or
            outside its image, stops the run; ``'skip'``: another sample takes the
            line's place, and the box is left out; each is counted in ``num_skipped``
            and logged once per process.
        **kwargs: As for mmdet's ``BaseDetDataset``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If an option or the label map is wrong, or the file is empty.
    """

    METAINFO: dict = {}

    def __init__(
        self,
        *args,
        data_root: str = '',
        label_map_file: str | None = None,
        min_score: float = 0.5,
        num_negative_captions: int = 0,
        on_bad: str = 'error',
        **kwargs,
    ) -> None:
        self.set_on_bad(on_bad)
        self.min_score = min_score
        self.num_negative_captions = num_negative_captions
        self.label_map: dict[str, str] | None = None
        self.num_left_out = 0
        if label_map_file is not None:
            if not isabs(label_map_file):
                label_map_file = join(data_root, label_map_file)
            self.label_map = read_label_map(read_json(label_map_file), label_map_file)
        kwargs.setdefault('return_classes', True)
        super().__init__(*args, data_root=data_root, **kwargs)

    def open_records(self) -> LineIndex:
        """Index the lines; no record is read."""
        return LineIndex(self.ann_file)

    def read_entry(self, number: int) -> dict:
        """Read a record.

        Args:
            number: Its place in the file, from 0.

        Returns:
            mmdet's entry, with ``text`` (names by label, or the caption),
            ``phrases`` (grounding) and ``negative_captions`` if asked for.

        Raises:
            ValueError: If the line is not a record (names file and line).
        """

        def report(error: ValueError) -> None:
            if isinstance(error, ThinBoxError):
                self._count_thin(f'{self.place(number)}: {error}')
            elif isinstance(error, BoxError) and self.on_bad == 'skip':
                where = self.place(number)
                self.count_skipped((number, str(error)), f'{where}: {error}')
            else:
                raise error

        try:
            info = self.entry_of(read_record(self.records[number]), report)
        except ValueError as error:
            raise ValueError(f'{self.place(number)}: {error}') from error
        if 'phrases' in info and self.num_negative_captions:
            info['negative_captions'] = OtherCaptions(self, number)
        return info

    def _count_thin(self, reason: str) -> None:
        self.num_left_out += 1
        if self.num_left_out == 1:
            print_log(f'{reason}; such boxes are left out', 'current', logging.WARNING)

    def entry_of(self, record: dict, report: Report) -> dict:
        """Make the entry of a record.

        Args:
            record: From :func:`read_record`.
            report: Is called with what is wrong with single boxes and phrases.

        Returns:
            mmdet's entry.

        Raises:
            ValueError: If the record is wrong beyond these.
        """
        folder = self.data_prefix.get('img', '')
        if self.label_map is not None:
            if 'detection' not in record:
                raise ValueError('a label map is given, but it has no detection')
            return detection_info(record, self.label_map, folder, report)
        if 'grounding' not in record:
            raise ValueError('it has no grounding; detection needs label_map_file')
        return grounding_info(record, folder, self.min_score, report)

    def place(self, number: int) -> str:
        """Name a record by file and line, for errors."""
        return f'{self.ann_file}, {self.records.place(number)}'

    def prepare_data(self, idx: int) -> dict | None:
        """Read and transform a sample.

        Args:
            idx: Index of the sample.

        Returns:
            The sample; None, for another one to be read, if it is bad and skipped or
            has no box in training.
        """
        try:
            info = self.get_data_info(idx)
        except ValueError as error:
            if self.on_bad == 'error':
                raise
            self.count_skipped(idx, error)
            return None
        if not self.test_mode and not info['instances']:
            return None
        return self.pipeline(info)

    def get_cat_ids(self, idx: int) -> list[int]:
        """List the labels of a sample."""
        return [x['bbox_label'] for x in self.get_data_info(idx)['instances']]


class OtherCaptions(Sequence):
    """Captions of random other records; each is read when it is asked for.

    Args:
        dataset: An open data set of grounding records.
        number: The record that they are not of.
    """

    def __init__(self, dataset: StreamingODVGDataset, number: int) -> None:
        size = dataset.num_negative_captions
        drawn = np.random.randint(len(dataset.records), size=size)
        self._dataset = dataset
        self._drawn = drawn[drawn != number].tolist()

    def __len__(self) -> int:
        return len(self._drawn)

    def __getitem__(self, index: int | slice) -> str | list[str]:
        """Read captions; a slice leaves out those of skipped lines."""
        if isinstance(index, slice):
            return list(self._read(self._drawn[index]))
        return self._caption(self._drawn[index])

    def __iter__(self) -> Iterator[str]:
        return self._read(self._drawn)

    def _read(self, numbers: Sequence[int]) -> Iterator[str]:
        for number in numbers:
            try:
                yield self._caption(number)
            except ValueError as error:
                if self._dataset.on_bad == 'error':
                    raise
                self._dataset.count_skipped(number, error)

    def _caption(self, number: int) -> str:
        try:
            record = read_record(self._dataset.records[number])
            if 'grounding' not in record:
                raise ValueError('it has no grounding')
            return caption_of(record)
        except ValueError as error:
            raise ValueError(f'{self._dataset.place(number)}: {error}') from error

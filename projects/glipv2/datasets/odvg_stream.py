"""ODVG files larger than memory: detection and grounding data."""

import json
from os.path import isabs, join

import numpy as np
from mmdet.datasets import BaseDetDataset
from mmdet.registry import DATASETS

from ..renamed import refusing_old_keys
from .bad_items import BadItems
from .line_index import LineIndex
from .odvg_record import detection_info, grounding_info, read_record


@DATASETS.register_module()
@refusing_old_keys
class StreamingODVGDataset(BadItems, BaseDetDataset):
    """mmdet's ``ODVGDataset``, but records stay on disk and are checked.

    Samples are those of ``ODVGDataset``. A record is read and checked when its sample
    is; only a memory-mapped index of the lines is kept (``LineIndex``).

    Args:
        *args: As for mmdet's ``BaseDetDataset`` (``ann_file``: JSON lines).
        label_map_file: JSON of names by label, for detection records; None: records
            are grounding records.
        min_score: Boxes with a score up to this are left out (0.5 in GLIP); only
            pseudo-labels have scores.
        num_negative_captions: Number of other records' captions in a grounding
            sample's ``negative_captions``, for ``PackCaptions``.
        on_bad: ``'error'``: a line that is no record stops the run; ``'skip'``:
            another sample takes its place; each is counted in ``num_skipped`` and
            logged once per process.
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
        if label_map_file is not None:
            if not isabs(label_map_file):
                label_map_file = join(data_root, label_map_file)
            with open(label_map_file, encoding='utf-8') as file:
                self.label_map = json.load(file)
            if not isinstance(self.label_map, dict) or not self.label_map:
                raise ValueError(f'{label_map_file} must hold names by label')
        kwargs.setdefault('return_classes', True)
        super().__init__(*args, data_root=data_root, **kwargs)

    def full_init(self) -> None:
        """Index the lines; no record is read."""
        if self._fully_initialized:
            return
        self._lines = LineIndex(self.ann_file)
        if len(self._lines) == 0:
            raise ValueError(f'{self.ann_file} holds no records')
        self._chosen = self._choose()
        self._fully_initialized = True

    def __len__(self) -> int:
        self.full_init()
        return len(self._lines) if self._chosen is None else len(self._chosen)

    def get_data_info(self, idx: int) -> dict:
        """Read a record.

        Args:
            idx: Index of the sample.

        Returns:
            mmdet's entry, with ``text`` (names by label, or the caption),
            ``phrases`` (grounding), ``negative_captions`` if asked for, and
            ``sample_idx``.

        Raises:
            ValueError: If the line is not a record (names file and line).
        """
        self.full_init()
        line = idx if self._chosen is None else int(self._chosen[idx])
        info = self._read(line)
        if 'phrases' in info and self.num_negative_captions:
            info['negative_captions'] = self._other_captions(line)
        info['sample_idx'] = idx
        return info

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

    def _choose(self) -> np.ndarray | None:
        """Apply mmengine's ``indices``."""
        if self._indices is None:
            return None
        if isinstance(self._indices, int):
            every = np.arange(len(self._lines))
            count = self._indices
            return every[:count] if count >= 0 else every[count:]
        return np.asarray(self._indices)

    def _read(self, line: int) -> dict:
        folder = self.data_prefix.get('img', '')
        try:
            record = read_record(self._lines[line])
            if self.label_map is not None:
                if 'detection' not in record:
                    raise ValueError('a label map is given, but it has no detection')
                return detection_info(record, self.label_map, folder)
            if 'grounding' not in record:
                raise ValueError('it has no grounding; detection needs label_map_file')
            return grounding_info(record, folder, self.min_score)
        except ValueError as error:
            number = self._lines.line_number(line)
            raise ValueError(f'{self.ann_file}, line {number}: {error}') from error

    def _other_captions(self, line: int) -> list[str]:
        drawn = np.random.randint(len(self._lines), size=self.num_negative_captions)
        captions = []
        for other in drawn.tolist():
            if other != line:
                try:
                    captions.append(self._read(other)['text'])
                except ValueError as error:
                    if self.on_bad == 'error':
                        raise
                    self.count_skipped(other, error)
        return captions

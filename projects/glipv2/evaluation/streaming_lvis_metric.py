"""LVIS metric that keeps only the detections it needs."""

import json
import logging
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os.path import join
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np
import torch
from mmdet.registry import METRICS
from mmengine.dist import (
    broadcast_object_list,
    collect_results,
    get_world_size,
    is_main_process,
)
from mmengine.evaluator import BaseMetric
from mmengine.fileio import dump, get_local_path
from mmengine.logging import print_log

from ..datasets.coco import CocoFile, read_coco_file
from ..datasets.files.json_file import is_plain_json
from ..progress import working
from ..structures.encode_masks import encode_masks
from .coco_truth import number_ids
from .lvis_protocol import FIGURES, Detections, choose_evaluator, lvis_figures
from .lvis_truth import (
    link_categories,
    numbered,
    refuse_other_formats,
    without_maskless,
)
from .result_file import check_outfile, write_file
from .top_detections import DETECTION, TopDetections

SHAPES = ('bbox', 'segm')
MAX_PER_IMAGE = 300  # of the standard protocol, over all categories


@METRICS.register_module()
class StreamingLVISMetric(BaseMetric):
    """LVIS average precision, fixed AP (Dave et al. 2021) or the standard one.

    Arguments, inputs and result keys are those of mmdet's ``LVISFixedAPMetric``, or,
    with ``fixed_ap=False``, of its ``LVISMetric``. Figures equal those of ``lvis``.
    Unlike in mmdet, figures are not rounded, images that a distributed sampler repeats
    count once, and the size of a mask is its own area, not its box's.

    Fixed AP takes the best 10,000 detections of each category over all images, which
    are all that is kept in memory. The standard protocol takes the best 300 of each
    image; only detections of categories annotated in it, as present or absent, are
    kept, because the others never count.

    Args:
        ann_file: LVIS annotation file.
        topk: Most detections of a category, with ``fixed_ap``.
        fixed_ap: Whether to measure fixed AP.
        metric: ``'bbox'``, ``'segm'`` or a list of both.
        evaluator: ``'hotcoco'``, ``'lvis'``, or ``'auto'``: hotcoco if installed.
        format_only: Whether only files are written.
        outfile_prefix: Prefix of ``PREFIX.bbox.json`` and ``PREFIX.segm.json``, the
            detections; None: no file.
        collect_device: As for mmengine's ``BaseMetric``.
        prefix: Prefix of the results; None: ``lvis_fixed_ap`` or ``lvis``.
        backend_args: How mmengine reads ``ann_file``.

    Raises:
        ValueError: If an option is unknown, or the file is not an LVIS file.
    """

    default_prefix: ClassVar[str] = 'lvis_fixed_ap'

    def __init__(
        self,
        ann_file: str,
        topk: int = 10000,
        fixed_ap: bool = True,
        metric: str | Sequence[str] = 'bbox',
        evaluator: str = 'auto',
        format_only: bool = False,
        outfile_prefix: str | None = None,
        collect_device: str = 'cpu',
        prefix: str | None = None,
        backend_args: dict | None = None,
    ) -> None:
        if prefix is None and not fixed_ap:
            prefix = 'lvis'
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.shapes = [metric] if isinstance(metric, str) else list(metric)
        if not self.shapes or set(self.shapes) - set(SHAPES):
            raise ValueError(f'metric must be of {SHAPES}, not {metric!r}')
        check_outfile(outfile_prefix, format_only)
        self.ann_file = ann_file
        self.topk = topk
        self.fixed_ap = fixed_ap
        self.evaluator = choose_evaluator(evaluator)
        self.format_only = format_only
        self.outfile_prefix = outfile_prefix
        self.backend_args = backend_args
        self._read_truth()
        self._start()

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Collect the predictions of a batch.

        Args:
            data_batch: Not used.
            data_samples: Samples with ``img_id`` and ``pred_instances``: bboxes (n, 4)
                as x1, y1, x2, y2 in pixels, scores (n,), labels (n,), and, for
                ``'segm'``, masks (n, H, W).

        Raises:
            ValueError: If the annotation file has no such image or category (names
                the image's id), or masks are missing.
        """
        for sample in data_samples:
            image = self._index_of_image(sample)
            if self._seen[image]:
                continue
            self._seen[image] = True
            self._sizes[image] = sample.get('ori_shape', (0, 0))
            self._take(image, sample['pred_instances'], sample['img_id'])

    @working('Scoring')
    def evaluate(self, size: int) -> dict[str, float]:
        """Compute the figures of all images, and reset.

        Args:
            size: Number of images.

        Returns:
            The figures, the same in every process.
        """
        rows, masks = self._found.take()
        parts = collect_results(
            [(self._seen, self._sizes, rows, masks)],
            get_world_size(),
            self.collect_device,
        )
        figures: list[dict[str, float]] = [{}]
        if is_main_process():
            self._use_sizes([part[1] for part in parts])
            rows, masks, seen = self._join(parts)
            if seen < size:
                print_log(
                    f'{type(self).__name__}: {seen} different images were tested, '
                    f'the data set has {size}',
                    logger='current',
                    level=logging.WARNING,
                )
            computed = self._figures(rows, masks)
            if self.prefix:
                computed = {f'{self.prefix}/{k}': v for k, v in computed.items()}
            figures = [computed]
        broadcast_object_list(figures)
        self._start()
        return figures[0]

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Raise NotImplementedError: :meth:`evaluate` takes its place."""
        raise NotImplementedError(
            f'{type(self).__name__} keeps no results of single images; call evaluate'
        )

    def _read_truth(self) -> None:
        with get_local_path(self.ann_file, backend_args=self.backend_args) as path:
            file = read_coco_file(path, str(self.ann_file))
            is_sound = is_plain_json(path)
        file.refuse_faults()
        refuse_other_formats(file.content, file.name)
        link_categories(file.content)
        images, categories = file.content['images'], file.content['categories']
        of_image, of_category = number_ids(images), number_ids(categories)
        self.image_ids, self.category_ids = list(of_image), list(of_category)
        self._image_numbers = np.array(list(of_image.values()))
        self._category_numbers = np.array(list(of_category.values()))
        self._image_index = {image['id']: i for i, image in enumerate(images)}
        is_sound = is_sound and not (file.repairs or file.bad_boxes)
        self._file: CocoFile | None = file
        self._truth: dict[str, dict] | None = None
        is_changed = self._make_truth(None)
        if is_sound and not is_changed:  # the evaluators can read the file itself
            self._file = self._truth = None

    def _make_truth(self, sizes: Mapping[Hashable, tuple[int, int]] | None) -> bool:
        """Make what the evaluators read; tell whether masks are others than the file's.

        Args:
            sizes: Heights and widths of loaded images, pixels, by id; None: not known
                yet, so a bad box may turn out to be good.
        """
        assert self._file is not None
        self._file.turn_as_loaded(sizes or {})
        truth = dict(self._file.content, annotations=self._file.good_annotations())
        with_masks, is_changed = without_maskless(truth, sizes or {})
        boxes = [
            {key: value for key, value in entry.items() if key != 'segmentation'}
            for entry in truth['annotations']
        ]
        whole = dict(bbox=dict(truth, annotations=boxes), segm=with_masks)
        self._truth = {shape: numbered(whole[shape]) for shape in self.shapes}
        self._has_objects = bool(truth['annotations'])
        categories = truth['categories']
        category_index = {c['id']: i for i, c in enumerate(categories)}
        present = self._file.content if sizes is None else truth
        # Image and category, in one integer, annotated as present or absent.
        judged = {
            self._image_index[a['image_id']] * len(categories)
            + category_index[a['category_id']]
            for a in present['annotations']
        }
        for index, image in enumerate(truth['images']):
            judged.update(
                index * len(categories) + category_index[number]
                for number in image['neg_category_ids']
            )
        self._judged = np.sort(np.fromiter(judged, np.int64, len(judged)))
        return is_changed

    def _use_sizes(self, parts: Sequence[np.ndarray]) -> None:
        """Make the truth anew with the sizes that the images have."""
        if self._file is not None:
            sizes = np.max(parts, axis=0)
            known = np.flatnonzero(sizes.all(1)).tolist()
            self._make_truth(
                {self.image_ids[i]: tuple(sizes[i].tolist()) for i in known}
            )

    def _start(self) -> None:
        self._seen = np.zeros(len(self.image_ids), bool)
        # Height and width in pixels, of images of this process.
        self._sizes = np.zeros((len(self.image_ids), 2), np.int32)
        topk = self.topk if self.fixed_ap else None
        self._found = TopDetections(len(self.category_ids), topk)

    def _index_of_image(self, sample: dict) -> int:
        index = self._image_index.get(sample['img_id'])
        if index is None:
            raise ValueError(
                f'a prediction is of image {sample["img_id"]!r} '
                f'({sample.get("img_path")}), which {self.ann_file} does not have; '
                'test on the data set of that file'
            )
        return index

    def _take(self, image: int, found: dict, image_id: int | str) -> None:
        scores = found['scores'].detach().cpu().float().numpy()
        labels = found['labels'].detach().cpu().numpy()
        if len(labels) and labels.max() >= len(self.category_ids):
            raise ValueError(
                f'image {image_id!r} has a box of label {int(labels.max())}, but '
                f'{self.ann_file} has {len(self.category_ids)} categories; the data '
                "set's classes must be those of this file, in its order"
            )
        chosen = np.arange(len(scores))
        if not self.fixed_ap:
            best = np.argsort(-scores, kind='stable')[:MAX_PER_IMAGE]
            chosen = best[self._counts(image, labels[best])]
        chosen = chosen[self._found.may_rank(labels[chosen], scores[chosen])]
        corners = found['bboxes'].detach().cpu().float().numpy()[chosen]
        rows = np.empty(len(chosen), DETECTION)
        rows['image'] = image
        rows['category'] = labels[chosen]
        rows['position'] = chosen
        rows['score'] = scores[chosen]
        rows['box'][:, :2] = corners[:, :2]
        rows['box'][:, 2:] = corners[:, 2:] - corners[:, :2]
        self._found.add(rows, self._masks_of(found, chosen, image_id))

    def _counts(self, image: int, labels: np.ndarray) -> np.ndarray:
        """Check which labels count in an image; all do if a file is written."""
        if self.outfile_prefix is not None:
            return np.ones(len(labels), bool)
        return self._is_judged(np.full(len(labels), image), labels)

    def _is_judged(self, images: np.ndarray, categories: np.ndarray) -> np.ndarray:
        asked = images.astype(np.int64) * len(self.category_ids) + categories
        rank = np.searchsorted(self._judged, asked)
        inside = rank < len(self._judged)
        inside[inside] = self._judged[rank[inside]] == asked[inside]
        return inside

    def _masks_of(
        self, found: dict, chosen: np.ndarray, image_id: int | str
    ) -> list[dict] | None:
        if 'segm' not in self.shapes:
            return None
        if 'masks' not in found:
            raise ValueError(
                f'image {image_id!r} has no predicted masks; the detector needs a '
                "mask_head, or metric must be 'bbox'"
            )
        masks = found['masks']
        if not isinstance(masks, torch.Tensor):
            return [masks[index] for index in chosen]
        return encode_masks(masks[torch.from_numpy(chosen)].cpu().numpy())

    def _join(self, parts: list[tuple]) -> tuple[np.ndarray, np.ndarray, int]:
        """Join the processes' detections; repeated images count once."""
        joined = TopDetections(len(self.category_ids), self._found.topk)
        taken = np.zeros(len(self.image_ids), bool)
        for seen, _, rows, masks in parts:
            own = ~taken[rows['image']]
            joined.add(rows[own], masks[own] if len(masks) else None)
            taken |= seen
        rows, masks = joined.take()
        return rows, masks, int(taken.sum())

    def _figures(self, rows: np.ndarray, masks: np.ndarray) -> dict[str, float]:
        self._write_files(rows, masks)
        if self.format_only:
            return {}
        counts = self._is_judged(rows['image'], rows['category'])
        out: dict[str, float] = {}
        for shape in self.shapes:
            detections = Detections(
                rows[counts],
                self._image_numbers[rows['image'][counts]],
                self._category_numbers[rows['category'][counts]],
                masks[counts].tolist() if shape == 'segm' else None,
            )
            figures = dict.fromkeys(FIGURES, 0.0)
            if self._has_objects:
                with self._truth_file(shape) as path:
                    figures = lvis_figures(self.evaluator, path, detections)
            plain = self.fixed_ap and shape == 'bbox'
            out.update(
                (key if plain else f'{shape}_{key}', value)
                for key, value in figures.items()
            )
        shown = ' '.join(f'{key} {value:.4f}' for key, value in out.items())
        print_log(f'LVIS by {self.evaluator}: {shown}', logger='current')
        return out

    @contextmanager
    def _truth_file(self, shape: str) -> Iterator[str]:
        if self._truth is None:
            with get_local_path(self.ann_file, backend_args=self.backend_args) as path:
                yield path
            return
        with TemporaryDirectory() as folder:
            path = join(folder, 'lvis.json')
            dump(self._truth[shape], path)
            yield path

    def _write_files(self, rows: np.ndarray, masks: np.ndarray) -> None:
        if self.outfile_prefix is None:
            return
        images = [self.image_ids[index] for index in rows['image']]
        categories = [self.category_ids[index] for index in rows['category']]
        for shape in self.shapes:
            shapes = None if shape == 'bbox' else [_as_text(mask) for mask in masks]
            found = Detections(rows, images, categories, shapes).as_dicts()
            write_file(
                f'{self.outfile_prefix}.{shape}.json', json.dumps(found).encode()
            )


def _as_text(mask: dict) -> dict:
    return dict(size=mask['size'], counts=mask['counts'].decode())

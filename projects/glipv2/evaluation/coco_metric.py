"""mmdet's CocoMetric on files that our reader has checked."""

from collections.abc import Sequence
from os.path import join
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from mmdet.evaluation import CocoMetric as MMDetCocoMetric
from mmdet.registry import METRICS
from mmengine.fileio import get_local_path
from mmengine.logging import MMLogger

from ..datasets.coco import CocoFile, check_content, read_coco_file
from ..datasets.files.json_file import read_json
from ..progress import working
from ..structures.encode_masks import encode_masks
from .coco_truth import NumberedCoco, with_masks
from .dataset_means import NOTHING
from .result_file import check_outfile, write_file

BOX_FIGURES = ('mAP', 'mAP_50', 'mAP_75', 'mAP_s', 'mAP_m', 'mAP_l')
PROPOSAL_FIGURES = (
    'AR@100', 'AR@300', 'AR@1000', 'AR_s@1000', 'AR_m@1000', 'AR_l@1000',
)  # fmt: skip


# In place of mmdet's: all configs, mmdet's included, get it.
@METRICS.register_module(force=True)
class CocoMetric(MMDetCocoMetric):
    """mmdet's ``CocoMetric`` for any file that ``CocoTextDataset`` reads.

    On sound files the figures are mmdet's. Ids of any kind are compared as numbers,
    and result files have the file's own. Boxes that ``CocoTextDataset`` leaves out are
    left out; ``segm`` ignores objects without a mask. Where mmdet has no figures,
    because nothing was found, these are 0, so hooks that need one go on; and COCO's -1
    if there is nothing to find.

    Args:
        ann_file: COCO annotation file; None: the samples' own ``instances``.
        *args: As for mmdet's ``CocoMetric``.
        sort_categories: Whether labels count in the order of the category ids.
        format_only: Whether only files are written.
        outfile_prefix: Prefix of the result files; None: no file.
        **kwargs: As for mmdet's ``CocoMetric``.

    Raises:
        ValueError: If the file cannot be used (names the entry), or ``format_only``
            lacks an ``outfile_prefix``.
    """

    # Of mmdet's class.
    iou_thrs: np.ndarray
    metrics: list[str]
    outfile_prefix: str | None
    _coco_api: Any  # the index in use, None between files of samples

    def __init__(
        self,
        ann_file: str | None = None,
        *args,
        sort_categories: bool = False,
        format_only: bool = False,
        outfile_prefix: str | None = None,
        **kwargs,
    ) -> None:
        check_outfile(outfile_prefix, format_only)
        # Without the file, which mmdet would read with pycocotools.
        super().__init__(
            None,
            *args,
            format_only=format_only,
            outfile_prefix=outfile_prefix,
            **kwargs,
        )
        self.iou_thrs = np.atleast_1d(self.iou_thrs)  # mmdet needs an array
        self._file = None
        if ann_file is not None:
            with get_local_path(ann_file, backend_args=self.backend_args) as path:
                self._file = _usable(read_coco_file(path, str(ann_file)))
            if sort_categories:
                self._file.content['categories'].sort(key=lambda x: x['id'])
            # Samples then need no ``instances``.
            self._coco_api = NumberedCoco(self._file.content)

    @working('Scoring')
    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Keep a batch's boxes, and its masks run-length encoded."""
        super().process(data_batch, [_encoded(sample) for sample in data_samples])

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Compute the figures of all samples that ``process`` collected."""
        wanted, outfile_prefix = self.metrics, self.outfile_prefix
        figures: dict[str, float] = {}
        with TemporaryDirectory() as folder:
            self.outfile_prefix = join(folder, 'results')
            try:
                file = self._file or self._file_of_samples(results)
                file.keep_named_root(self.dataset_meta['classes'])
                self._result_files = self._write([found for _, found in results], file)
                if outfile_prefix is not None:
                    for written in Path(folder).iterdir():
                        name = outfile_prefix + written.name.removeprefix('results')
                        write_file(name, written.read_bytes())
                if self.format_only:
                    return figures
                sizes = {
                    true['img_id']: (true['height'], true['width'])
                    for true, _ in results
                }
                file.turn_as_loaded(sizes)
                truth = dict(file.content, annotations=file.good_annotations())
                if all(entry['iscrowd'] for entry in truth['annotations']):
                    return self._all_figures(NOTHING)
                if not results:
                    return self._all_figures(0.0)
                for metric in wanted:
                    content = truth
                    if metric == 'segm':
                        content = with_masks(content, sizes, file.name)
                    self._use(NumberedCoco(content), [metric])
                    figures.update(super().compute_metrics(results))
            finally:
                self.metrics, self.outfile_prefix = wanted, outfile_prefix
                if self._file is None:
                    self._coco_api = None
        return figures

    def results2json(self, results: Sequence[dict], outfile_prefix: str) -> dict:
        """Name the result files, which are written once for all metrics."""
        return self._result_files

    def fast_eval_recall(
        self,
        results: Sequence[dict],
        proposal_nums: Sequence[int],
        iou_thrs: Sequence[float],
        logger: MMLogger | None = None,
    ) -> np.ndarray:
        """Compute the mean recall image by image: mmdet's needs equally many boxes.

        Args:
            results: Results of images, in any order.
            proposal_nums: Numbers of boxes.
            iou_thrs: Least IoUs.
            logger: Not used.

        Returns:
            (len(proposal_nums),) recalls in [0, 1].
        """
        numbers = self._coco_api.image_numbers
        found = {numbers[result['img_id']]: result for result in results}
        nothing = dict(bboxes=np.zeros((0, 4), np.float32))
        recalls, objects = np.zeros(len(proposal_nums)), 0
        for number in self._coco_api.get_img_ids():
            own = self._coco_api.imgToAnns[number]
            count = sum(not (x.get('ignore') or x['iscrowd']) for x in own)
            if count:
                self.img_ids = [number]
                objects += count
                recalls += count * super().fast_eval_recall(
                    [found.get(number, nothing)], proposal_nums, iou_thrs, 'silent'
                )
        return recalls / objects

    def _file_of_samples(self, results: list) -> CocoFile:
        truth = [true for true, _ in results]
        content: Any = read_json(self.gt_to_coco_json(truth, self.outfile_prefix))
        content.setdefault('annotations', [])  # mmdet leaves an empty list out
        return _usable(check_content(content, "the data set's instances"))

    def _use(self, index: NumberedCoco, metrics: list[str]) -> None:
        self._coco_api, self.metrics = index, metrics
        self.cat_ids = index.get_cat_ids(cat_names=self.dataset_meta['classes'])
        self.img_ids = index.get_img_ids()

    def _write(self, results: list[dict], file: CocoFile) -> dict:
        """Write the result files with the file's own ids."""
        own = {x['name']: x['id'] for x in file.content['categories']}
        classes = set(self.dataset_meta['classes'])
        self.cat_ids = [own[name] for name in own if name in classes]
        if 'segm' in self.metrics:
            results = [_with_masks(result) for result in results]
        nothing: dict[str, list] = dict(masks=[], labels=[], bboxes=[], scores=[])
        return super().results2json(results or [nothing], self.outfile_prefix)

    def _all_figures(self, value: float) -> dict[str, float]:
        names = []
        for metric in self.metrics:
            if metric == 'proposal_fast':
                names += [f'AR@{number}' for number in self.proposal_nums]
            elif metric == 'proposal':
                names += self.metric_items or PROPOSAL_FIGURES
            else:
                if self.classwise:
                    classes = self.dataset_meta['classes']
                    names += [f'{name}_precision' for name in classes]
                items = self.metric_items or BOX_FIGURES
                names += [f'{metric}_{item}' for item in items]
        return dict.fromkeys(names, value)


def _usable(file: CocoFile) -> CocoFile:
    # The data set decides about names; here they need only differ.
    file.refuse_faults(names_chosen=True)
    return file


def _with_masks(result: dict) -> dict:
    if 'masks' in result:
        return result
    if len(result['labels']):
        raise ValueError(
            f'image {result["img_id"]!r} has no predicted masks; the detector needs a '
            "mask_head, or metric must be 'bbox'"
        )
    return dict(result, masks=[])


def _encoded(sample: dict) -> dict:
    """Encode a prediction's masks, if it has any; mmdet takes encoded ones, too."""
    found = sample['pred_instances']
    if not isinstance(found.get('masks'), torch.Tensor):
        return sample
    masks = encode_masks(found['masks'].cpu().numpy())
    return dict(sample, pred_instances=dict(found, masks=masks))

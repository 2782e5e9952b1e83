"""PhraseCut's metric on unions counted by hand; RefCOCO's; COCO's on true masks."""

import numpy as np
import pytest
import torch
from mmdet.evaluation import CocoMetric
from mmdet.structures.mask import BitmapMasks
from pycocotools import mask as rle

from glipv2.evaluation import PhraseCutMetric, PhraseRefSegMetric


def rows(*spans: tuple[int, int]) -> np.ndarray:
    """Make masks of 4 x 10 pixels, each the given columns of all rows."""
    masks = np.zeros((len(spans), 4, 10), dtype=np.uint8)
    for mask, (start, end) in zip(masks, spans):
        mask[:, start:end] = 1
    return masks


def sample_of(
    found: list, scores: list, true: list, subsets: list | None = None
) -> dict:
    """Make a sample of spans of columns."""
    masks = torch.from_numpy(rows(*found)).bool()
    return dict(
        img_path='a.jpg',
        pred_instances=dict(masks=masks, scores=torch.tensor(scores)),
        gt_instances=dict(masks=BitmapMasks(rows(*true), 4, 10)),
        gt_masks=BitmapMasks(rows(*true), 4, 10),
        subsets=subsets,
    )


SAMPLES = [
    # Two boxes make the whole: 6 of 6 columns.
    sample_of([(0, 3), (2, 6)], [0.9, 0.4], [(0, 2), (2, 6)], ['things']),
    # 4 of 8 columns; the second box is too weak.
    sample_of([(0, 6), (0, 10)], [0.9, 0.1], [(2, 8)], ['stuff', 'attributes']),
    # Nothing found of 5.
    sample_of([(0, 5)], [0.2], [(0, 5)], ['things', 'attributes']),
]


def test_phrasecut_figures_by_hand() -> None:
    metric = PhraseCutMetric(score_thr=0.3)
    metric.process({}, SAMPLES[:2])
    metric.process({}, SAMPLES[2:])
    figures = metric.evaluate(3)
    assert figures == pytest.approx(
        {
            'phrasecut/cIoU': (6 + 4 + 0) / (6 + 8 + 5),
            'phrasecut/mIoU': (1 + 0.5 + 0) / 3,
            'phrasecut/Pr@0.5': 2 / 3,
            'phrasecut/Pr@0.7': 1 / 3,
            'phrasecut/Pr@0.9': 1 / 3,
            'phrasecut/mIoU_attributes': 0.25,
            'phrasecut/mIoU_stuff': 0.5,
            'phrasecut/mIoU_things': 0.5,
        }
    )


def test_no_box_at_all_is_an_empty_mask() -> None:
    metric = PhraseCutMetric()
    sample = sample_of([], [], [(0, 5)])
    metric.process({}, [sample])
    assert metric.evaluate(1)['phrasecut/mIoU'] == 0


def test_bad_input_is_named() -> None:
    sample = sample_of([(0, 3)], [0.9], [(0, 3)])
    sample['pred_instances']['masks'] = torch.ones(1, 8, 20).bool()
    with pytest.raises(ValueError, match=r'a.jpg: masks of \(8, 20\) were found'):
        PhraseCutMetric().process({}, [sample])
    del sample['pred_instances']['masks']
    with pytest.raises(ValueError, match='needs a mask_head'):
        PhraseCutMetric().process({}, [sample])


def test_refcoco_metric_joins_both_sides() -> None:
    metric = PhraseRefSegMetric(score_thr=0.3)
    metric.process({}, SAMPLES)
    figures = metric.evaluate(3)
    assert float(figures['cIoU']) == pytest.approx(100 * 10 / 19)
    assert float(figures['mIoU']) == pytest.approx(100 * 1.5 / 3)


def test_true_masks_fed_back_have_full_ap() -> None:
    metric = CocoMetric(metric=['bbox', 'segm'])
    metric.dataset_meta = dict(classes=('dog', 'cat'))
    entries = []
    for number in range(3):
        masks = np.zeros((2, 80, 100), dtype=np.uint8)
        masks[0, 10 : 50 + number, 10:50] = np.tri(40 + number, 40)
        masks[1, 5:45, 55:95] = 1
        boxes = [[10, 10, 50, 50 + number], [55, 5, 95, 45]]
        entries.append(
            dict(
                img_id=number, ori_shape=(80, 100),
                pred_instances=dict(
                    bboxes=torch.tensor(boxes).float(), labels=torch.tensor([0, 1]),
                    scores=torch.tensor([0.9, 0.8]),
                    masks=torch.from_numpy(masks).bool(),
                ),
                instances=[
                    dict(bbox=box, bbox_label=label, ignore_flag=0,
                         mask=rle.encode(np.asfortranarray(masks[label])))
                    for label, box in enumerate(boxes)
                ],
            )
        )  # fmt: skip
    metric.process({}, entries)
    figures = metric.evaluate(3)
    assert figures['coco/segm_mAP'] == 1
    assert figures['coco/bbox_mAP'] == 1

"""Phrase recall against a plain computation, phrase by phrase."""

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData

from glipv2.evaluation import Flickr30kRecall

TYPES = ('people', 'scene', 'other')


def make_samples(rng: np.random.Generator, count: int) -> list[dict]:
    """Make sentences of up to four phrases; one has no true box, some none found."""
    samples = []
    for _ in range(count):
        num_phrases = int(rng.integers(1, 5))
        boxes, ids = [], []
        for phrase in range(num_phrases):
            for _ in range(int(rng.integers(0, 4))):
                corner = rng.integers(0, 60, 2)
                boxes.append([*corner, *(corner + rng.integers(10, 40, 2))])
                ids.append(phrase)
        true = np.array(boxes, np.float32).reshape(-1, 4)
        num_found = int(rng.integers(0, 30))
        found = rng.integers(0, 60, (num_found, 4)).astype(np.float32)
        found[:, 2:] += found[:, :2] + 10
        near = rng.random(num_found) < (0.5 if len(true) else 0)
        which = rng.integers(0, max(len(true), 1), num_found)
        labels = rng.integers(0, num_phrases, num_found)
        if near.any():
            found[near] = true[which[near]] + rng.integers(-4, 5, (near.sum(), 4))
            labels[near] = np.array(ids)[which[near]]
        samples.append(
            dict(
                pred_instances=InstanceData(
                    bboxes=torch.from_numpy(found),
                    scores=torch.from_numpy(rng.random(num_found)),
                    labels=torch.from_numpy(labels),
                ),
                gt_instances=InstanceData(bboxes=torch.from_numpy(true)),
                phrase_ids=ids,
                phrases=[f'phrase {i}' for i in range(num_phrases)],
                phrase_types=[
                    tuple(rng.choice(TYPES, int(rng.integers(1, 3)), replace=False))
                    for _ in range(num_phrases)
                ],
            )
        )
    return samples


def overlap(first: list[float], second: list[float]) -> float:
    """Compute the IoU of two boxes."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    common = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return common / (sum(areas) - common)


def recalls_by_hand(samples: list[dict]) -> dict[str, float]:
    """Count found phrases one by one."""
    found_of, count_of = {}, {}
    for sample in samples:
        found = sample['pred_instances']
        ranked = sorted(
            zip(found.scores.tolist(), found.labels.tolist(), found.bboxes.tolist()),
            reverse=True,
        )
        true = sample['gt_instances'].bboxes.tolist()
        for phrase, types in enumerate(sample['phrase_types']):
            targets = [b for b, i in zip(true, sample['phrase_ids']) if i == phrase]
            if not targets:
                continue
            around = [
                f(b[i] for b in targets) for i, f in enumerate((min, min, max, max))
            ]
            boxes = [box for _, label, box in ranked if label == phrase]
            for protocol, goals in (('any', targets), ('merged', [around])):
                for name, k in (('1', 1), ('5', 5), ('10', 10), ('all', len(boxes))):
                    hit = any(
                        overlap(box, goal) >= 0.5 for box in boxes[:k] for goal in goals
                    )
                    for kind in ('', *types):
                        key = f'{protocol}_R@{name}' + (f'_{kind}' if kind else '')
                        found_of[key] = found_of.get(key, 0) + hit
                        count_of[key] = count_of.get(key, 0) + 1
    return {f'flickr30k/{key}': found_of[key] / count_of[key] for key in count_of}


def test_recalls_are_those_of_a_plain_computation() -> None:
    samples = make_samples(np.random.default_rng(0), 60)
    metric = Flickr30kRecall()
    for start in range(0, 60, 7):
        metric.process({}, samples[start : start + 7])
    figures = metric.evaluate(60)
    expected = recalls_by_hand(samples)
    assert figures == pytest.approx(expected)
    assert len(figures) == 2 * 4 * (1 + len(TYPES))
    assert figures['flickr30k/any_R@1'] < figures['flickr30k/any_R@5']
    assert figures['flickr30k/merged_R@5'] < figures['flickr30k/any_R@5']


def test_types_are_optional_and_protocols_are_chosen() -> None:
    samples = make_samples(np.random.default_rng(1), 20)
    for sample in samples:
        del sample['phrase_types']
    metric = Flickr30kRecall(topk=(5,), protocols=('merged',))
    metric.process({}, samples)
    assert list(metric.evaluate(20)) == ['flickr30k/merged_R@5']
    with pytest.raises(ValueError, match="not \\('all',\\)"):
        Flickr30kRecall(protocols=('all',))

"""A small federated (LVIS) data set and predictions for it, both at random."""

import json
from pathlib import Path

import numpy as np
import torch
from mmengine.structures import InstanceData
from pycocotools import mask as mask_api

NUM_CATEGORIES = 8  # the last one has no ground truth
SIZE = 160  # pixels; objects of all three sizes fit


def write_federated(
    path: Path, rng: np.random.Generator, num_images: int, num_categories: int
) -> dict:
    """Write an LVIS file: gaps in the ids, negatives, not-exhaustive categories.

    Args:
        path: The file.
        rng: Source of all choices.
        num_images: Number of images; every fifth has no object.
        num_categories: Number of categories; the last one has no object.

    Returns:
        The content.
    """
    images, annotations = [], []
    ids = [3 * i + 2 for i in range(num_categories)]
    for index in range(num_images):
        count = 0 if index % 5 == 0 else int(rng.integers(1, 9))
        kinds = rng.integers(0, num_categories - 1, count)
        absent = sorted(set(range(num_categories)) - set(kinds.tolist()))
        images.append(
            dict(
                id=7 * index + 1,
                width=SIZE,
                height=SIZE,
                file_name=f'{index}.jpg',
                neg_category_ids=[ids[i] for i in rng.choice(absent, 2)],
                not_exhaustive_category_ids=[ids[i] for i in kinds[:1]],
            )
        )
        for kind in kinds:
            x, y = rng.integers(0, SIZE - 12, 2).tolist()
            w, h = (int(rng.integers(8, SIZE - at)) for at in (x, y))
            corners = [x, y, x + w, y, x + w, y + h, x, y + h]
            annotations.append(
                dict(
                    id=len(annotations) + 1,
                    image_id=7 * index + 1,
                    category_id=ids[kind],
                    bbox=[x, y, w, h],
                    area=w * h,
                    segmentation=[corners],
                )
            )
    categories = [
        dict(id=number, name=f'kind {i}', frequency='rcf'[i % 3])
        for i, number in enumerate(ids)
    ]
    content = dict(images=images, annotations=annotations, categories=categories)
    path.write_text(json.dumps(content))
    return content


def predict_federated(
    content: dict, rng: np.random.Generator, most: int, masks: bool = False
) -> list[dict]:
    """Make predictions: shaken truth, the same with wrong names, and chance boxes.

    Scores have two digits, so many are equal. Every seventh image gets no box.

    Args:
        content: Of :func:`write_federated`.
        rng: Source of all choices.
        most: Most boxes of an image.
        masks: Whether the boxes get masks that fill them.

    Returns:
        Samples as a metric reads them.
    """
    place = {category['id']: i for i, category in enumerate(content['categories'])}
    samples = []
    for index, image in enumerate(content['images']):
        true = [a for a in content['annotations'] if a['image_id'] == image['id']]
        true = np.array([[*a['bbox'], place[a['category_id']]] for a in true])
        count = 0 if index % 7 == 6 else int(rng.integers(1, most + 1))
        near = true[rng.integers(0, len(true), count)] if len(true) else None
        low = rng.integers(0, SIZE - 12, (count, 2))
        size = rng.integers(4, SIZE - low)
        boxes = np.column_stack((low, size)).astype(float)
        labels = rng.integers(0, len(place), count)
        if near is not None:
            is_near = rng.random(count) < 0.7
            boxes[is_near] = near[is_near, :4] + rng.integers(-4, 5, (is_near.sum(), 4))
            right = is_near & (rng.random(count) < 0.8)
            labels[right] = near[right, 4]
        corners = np.column_stack((boxes[:, :2], boxes[:, :2] + boxes[:, 2:])).clip(0)
        found = InstanceData(
            bboxes=torch.tensor(corners, dtype=torch.float32),
            scores=torch.tensor(rng.random(count).round(2), dtype=torch.float32),
            labels=torch.tensor(labels, dtype=torch.long),
        )
        if masks:
            pixel = torch.arange(SIZE)
            x1, y1, x2, y2 = found.bboxes[:, :, None].unbind(1)
            columns = (pixel >= x1) & (pixel < x2)
            lines = (pixel >= y1) & (pixel < y2)
            found.masks = lines[:, :, None] & columns[:, None]
        samples.append(dict(img_id=image['id'], pred_instances=found))
    return samples


def result_list(content: dict, samples: list[dict], masks: bool = False) -> list[dict]:
    """Write predictions as an LVIS result file holds them.

    Args:
        content: Of :func:`write_federated`.
        samples: Of :func:`predict_federated`.
        masks: Whether to write masks instead of boxes.

    Returns:
        Dicts of image_id, category_id, score and bbox or segmentation.
    """
    rows = []
    for sample in samples:
        found = sample['pred_instances']
        for i in range(len(found)):
            x1, y1, x2, y2 = found.bboxes[i].tolist()
            row = dict(
                image_id=sample['img_id'],
                category_id=content['categories'][int(found.labels[i])]['id'],
                score=float(found.scores[i]),
            )
            if masks:
                pixels = np.asfortranarray(found.masks[i].numpy(), dtype=np.uint8)
                row['segmentation'] = mask_api.encode(pixels)
            else:
                row['bbox'] = [x1, y1, x2 - x1, y2 - y1]
            rows.append(row)
    return rows

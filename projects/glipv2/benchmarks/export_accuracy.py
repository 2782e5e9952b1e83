"""AP of a model and of its exported files on a config's test set."""

from collections.abc import Callable

import torch
from mmdet.registry import METRICS
from mmdet.structures import DetDataSample
from mmengine.dataset import BaseDataset, pseudo_collate
from mmengine.structures import InstanceData
from torch import nn

from ..deployment import ExportedModel

Detector = Callable[[dict], DetDataSample]  # a packed sample -> with predictions


def detector_of_model(model: nn.Module) -> Detector:
    """Detect with the model itself, which is in evaluation mode."""

    def detect(packed: dict) -> DetDataSample:
        with torch.no_grad():
            return model.test_step(pseudo_collate([packed]))[0]

    return detect


def detector_of_file(exported: ExportedModel) -> Detector:
    """Detect with an exported file."""

    def detect(packed: dict) -> DetDataSample:
        sample = packed['data_samples']
        image = packed['inputs'].flip(0).permute(1, 2, 0).numpy()  # BGR -> RGB
        found = exported(image, sample.scale_factor)
        boxes = {key: found[key] for key in ('bboxes', 'scores', 'labels')}
        sample.pred_instances = InstanceData(
            **{key: torch.from_numpy(value) for key, value in boxes.items()}
        )
        return sample

    return detect


def evaluate(
    detector: Detector, dataset: BaseDataset, evaluator: dict, limit: int | None
) -> dict[str, float]:
    """Evaluate a detector with the config's metric.

    Args:
        detector: Of a model or a file.
        dataset: The test set.
        evaluator: Config of ``CocoMetric``.
        limit: First images only; None: all.
    """
    metric = METRICS.build({**evaluator, 'metric': 'bbox', 'format_only': False})
    metric.dataset_meta = dataset.metainfo
    count = min(limit or len(dataset), len(dataset))
    for index in range(count):
        metric.process({}, [detector(dataset[index]).to_dict()])
    if count < len(dataset):
        # Images left out are no misses.
        metric.img_ids = [dataset.get_data_info(i)['img_id'] for i in range(count)]
    return metric.evaluate(count)

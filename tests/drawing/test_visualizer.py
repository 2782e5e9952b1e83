"""mmdet's visualizer with our drawings."""

from pathlib import Path

import numpy as np
import torch
from mmdet.registry import VISUALIZERS
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.structures import InstanceData

from glipv2.drawing.colours import phrase_colours

CONFIGS = Path(__file__).parents[2] / 'configs'


def test_configs_draw_truth_beside_prediction() -> None:
    config = Config.fromfile(CONFIGS / '_base_' / 'default_runtime.py').visualizer
    visualizer = VISUALIZERS.build(dict(config, name='ours', vis_backends=None))
    visualizer.dataset_meta = dict(classes=('dog', 'cat'), palette=[(1, 2, 3)] * 2)
    boxes, labels = torch.tensor([[10.0, 30, 60, 60]]), torch.tensor([1])
    truth = InstanceData(bboxes=boxes, labels=labels)
    found = InstanceData(bboxes=boxes, labels=labels, scores=torch.tensor([0.9]))
    sample = DetDataSample(gt_instances=truth, pred_instances=found)
    image = np.full((80, 120, 3), 200, np.uint8)
    visualizer.add_datasample('image', image, sample, pred_score_thr=0.3)
    drawn = visualizer.get_image()
    assert drawn.shape == (80, 240, 3)
    assert tuple(drawn[45, 10]) == tuple(drawn[45, 130]) == phrase_colours(2)[1]

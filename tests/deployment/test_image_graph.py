"""The graph, not yet exported: prompts one after the other."""

import numpy as np
import pytest
import torch

from glipv2.benchmarks.export_equality import image_of, predict
from glipv2.deployment.fixed_text import encode_text
from glipv2.deployment.image_graph import ImageGraph
from glipv2.deployment.suppression import suppress_in_onnx, suppress_in_torch
from tests.deployment.comparison import PRESENCE_HEAD, random_model

NAMES = ('dog', 'hot dog', 'cart', 'car', 'tree')
SIZE = (64, 96)


@pytest.mark.parametrize('max_chunk_batch', [1, 2, 8])
def test_prompts_are_fused_some_at_once(max_chunk_batch: int) -> None:
    test_cfg = dict(
        score_thr=0.0, max_per_img=50, chunked_size=2, max_chunk_batch=max_chunk_batch,
        nms=dict(type='nms', iou_threshold=0.6),
    )  # fmt: skip
    model = random_model(test_cfg=test_cfg, presence_head=PRESENCE_HEAD)
    text = encode_text(model, NAMES)
    assert len(text.prompts) == 3
    image = image_of(SIZE)
    eager = predict(model, image, NAMES)
    for suppress in (suppress_in_onnx, suppress_in_torch):
        with torch.no_grad():
            boxes, scores, labels = ImageGraph(model, text, suppress).eval()(
                torch.from_numpy(image), torch.ones(2)
            )
        np.testing.assert_allclose(boxes, eager['bboxes'], atol=0.01)
        np.testing.assert_allclose(scores, eager['scores'], atol=1e-4)
        np.testing.assert_array_equal(labels, eager['labels'])

"""Both forms of the suppression against mmcv's operator."""

import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from mmcv.ops import nms

from glipv2.deployment.box_selection import NO_BOX
from glipv2.deployment.suppression import suppress_in_onnx, suppress_in_torch

FORMS = [suppress_in_onnx, suppress_in_torch]


@pytest.mark.parametrize('suppress', FORMS, ids=['onnx', 'torch'])
@pytest.mark.parametrize('most', [5, 1000])
def test_equals_mmcv(suppress: Callable, most: int) -> None:
    corner = torch.rand(200, 2) * 100
    boxes = torch.cat((corner, corner + 5 + 40 * torch.rand(200, 2)), 1)
    scores = torch.rand(200)
    scores[::3] = NO_BOX
    valid = (scores >= 0).nonzero().squeeze(1)
    _, kept = nms(boxes[valid], scores[valid], 0.5)
    found = suppress(boxes, scores, 0.5, most)
    assert torch.equal(found, valid[kept[:most]])
    assert len(found) == min(most, len(kept))


@pytest.mark.parametrize('suppress', FORMS, ids=['onnx', 'torch'])
def test_nothing_stays_nothing(suppress: Callable) -> None:
    found = suppress(torch.rand(7, 4), torch.full((7,), NO_BOX), 0.5, 3)
    assert found.shape == (0,)
    assert found.dtype == torch.long


def test_a_file_is_written_without_a_detectors_export_before_it() -> None:
    """Whoever names the operator registers it: a VQA file is a process's first."""
    code = (
        'import torch, glipv2.deployment.onnx_file\n'
        'assert torch.ops.glipv2.suppress.default'
    )
    subprocess.run([sys.executable, '-c', code], check=True)

"""Calls in bfloat16, and when it is taken."""

from pathlib import Path

import pytest
import torch
from torch import nn

from glipv2.apis import GLIPv2Inferencer
from glipv2.engine.compute_in import compute_in, is_bf16_fast
from glipv2.shipped import ASSETS
from tests.tiny import tiny_model

PHOTO = str(ASSETS / 'examples/animals.jpg')
CALLS = (
    ('detection', 'pig face . tiger face'),
    ('grounding', 'a pig face and a soccer ball'),
    ('vqa', 'how many faces are there?'),
    ('caption', ''),
)


@pytest.fixture(scope='module')
def found() -> dict[str, list[dict]]:
    """Predictions of all tasks in both precisions."""
    found = {}
    for precision in ('fp32', 'bf16'):
        model = GLIPv2Inferencer(
            'emoji', device='cpu', precision=precision, show_progress=False
        )
        assert model.precision == precision
        found[precision] = [
            model(PHOTO, texts=text, task=task)['predictions'][0]
            for task, text in CALLS
        ]
    return found


def test_the_same_is_found(found: dict) -> None:
    for one, other in zip(found['fp32'], found['bf16'], strict=True):
        assert one.keys() == other.keys()
        if 'scores' in one:
            assert len(one['scores']) == len(other['scores']) > 0
            for key, most in (('scores', 0.02), ('bboxes', 1.5)):  # pixels of 384
                torch.testing.assert_close(
                    torch.tensor(one[key]), torch.tensor(other[key]), atol=most, rtol=0
                )
        assert one.get('answer') == other.get('answer')


@pytest.fixture
def model() -> nn.Module:
    """Build a tiny model for prediction."""
    torch.manual_seed(0)
    return tiny_model().eval()


def test_auto_follows_the_processor(model: nn.Module) -> None:
    expected = 'bf16' if is_bf16_fast(torch.device('cpu')) else 'fp32'
    assert compute_in(model, 'auto') == expected
    types = {x.dtype for x in model.parameters()}
    assert types == {torch.bfloat16 if expected == 'bf16' else torch.float32}


def test_a_model_that_bfloat16_breaks_stays_as_it_is(
    model: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever this processor can.
    monkeypatch.setattr('glipv2.engine.compute_in.is_bf16_fast', lambda device: True)
    with torch.no_grad():
        model.bbox_head.bias0.fill_(0)
        model.bbox_head.text_projection.weight *= 1000  # small changes decide
    before = {key: value.clone() for key, value in model.state_dict().items()}
    assert compute_in(model, 'auto') == 'fp32'
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key]), key


def test_an_unknown_precision_is_refused_before_anything_is_loaded() -> None:
    with pytest.raises(ValueError, match="unknown precision 'int4'; there are fp32"):
        GLIPv2Inferencer(str(Path('nothing.pth')), precision='int4')

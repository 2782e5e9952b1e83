"""A whole model goes through torch.save, pickle and deepcopy."""

import io
import pickle
from collections.abc import Callable
from copy import deepcopy

import pytest
import torch
from torch import nn

from tests.models.grounded_reader.test_reader import READER
from tests.task_samples import HEADS, box_sample, predict, task_model, vqa_sample
from tests.tiny import batch_of


def through_a_file(model: nn.Module) -> nn.Module:
    """Save as ``torch.save`` does by default and read back."""
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


@pytest.mark.parametrize(
    'copy', [through_a_file, deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
)
@pytest.mark.parametrize('channels_last', [False, True])
def test_a_copy_predicts_the_same(copy: Callable, channels_last: bool) -> None:
    head = {**HEADS['vqa_head'], 'reader': READER}
    model = task_model(vqa_head=head, channels_last=channels_last)
    samples = [box_sample(), vqa_sample()]
    batch = batch_of(samples)
    expected = predict(model, samples, batch)
    found = predict(copy(model), samples, batch)
    for one, other in zip(found, expected):
        assert one.get('pred_answers') == other.get('pred_answers')
        assert one.get('pred_answer_scores') == other.get('pred_answer_scores')
    assert torch.equal(
        found[0].pred_instances.scores, expected[0].pred_instances.scores
    )

"""How often a training step waits for the device, at any batch size."""

import pytest
import torch
from mmdet.structures import DetDataSample

from tests.task_samples import HEADS, caption_sample, vqa_sample
from tests.tiny import CHANNELS, TEXT_DIM, batch_of, sample_of, tiny_model
from tests.waits import Waits

PRETRAINING = dict(
    contrastive_loss=dict(
        type='InterImageContrastiveLoss', visual_dim=CHANNELS, text_dim=TEXT_DIM,
        hidden_dim=8, max_regions=3,
    ),
    mlm_head=dict(type='MLMHead', text_dim=TEXT_DIM),
)  # fmt: skip
MOST = 10
BOXES = [[8, 8, 40, 40], [30, 20, 90, 60]]


def box_samples(count: int) -> list[DetDataSample]:
    """Make class lists and sentences in turn."""
    names = sample_of(('dog', 'hot dog', 'car'), BOXES, [1, 2])
    sentence = sample_of(
        'a dog and a red apple', BOXES, [0, 1], tokens_positive=[[[2, 5]], [[12, 21]]]
    )
    return [(names, sentence)[row % 2].clone() for row in range(count)]


def waits_of(model: torch.nn.Module, samples: list[DetDataSample]) -> Waits:
    """Count the waits of forward and backward of a training step."""
    data = model.data_preprocessor(batch_of(samples), True)
    with Waits() as waits:
        losses = model(**data, mode='loss')
        sum(loss for key, loss in losses.items() if 'loss' in key).backward()
    return waits


@pytest.mark.parametrize('heads', [{}, HEADS])
def test_a_step_waits_rarely_and_no_more_for_larger_batches(heads: dict) -> None:
    """mmdet's assignment alone waits for every image."""
    model = tiny_model(**PRETRAINING, **heads)
    others = [vqa_sample(gt_answers=['yes']), caption_sample()] if heads else []
    small, large = (waits_of(model, [*box_samples(count), *others]) for count in (2, 8))
    assert 0 < large.ours.total() <= MOST, large.ours
    assert large.ours.total() == small.ours.total()
    # Further copies of host values, such as an image's size.
    assert large.made.total() == small.made.total(), large.made - small.made
    assert large.mmdets.total() == 4 * small.mmdets.total() > 0


def test_waits_are_counted() -> None:
    """Each kind that this file relies on, and what is none."""
    x = torch.arange(6.0)
    with Waits() as waits:
        x[x > 2], x.nonzero(), x.sum().item(), bool(x.any()), x.tolist()
        x.masked_fill_(x > 3, 0.0), x[x.argsort()], x[2:].unique()
        x[x > 4] = x[0]
        x.new_tensor([1, 2]), torch.tensor([3.0])
        x.repeat_interleave(torch.ones(6).long())
    assert waits.ours.total() == 8
    assert waits.made.total() == 2

"""AnswerBank: the words of answers, alone or together, kept until weights change."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from glipv2.models.grounded_reader.answer_words import AnswerBank, evaluating
from glipv2.text.prompt import Prompt
from tests.task_samples import task_model
from tests.tiny import CHANNELS, TEXT_DIM

ANSWERS = ('yes', 'a large dog', 'red', 'fire truck')


@pytest.fixture
def model() -> nn.Module:
    return task_model()


@torch.no_grad()
def test_each_answer_reads_as_it_does_alone(model: nn.Module) -> None:
    encoder, neck = model.eval().text_encoder, model.fusion_neck
    (chunk,) = AnswerBank(ANSWERS).words(encoder, neck).chunks
    start = 0
    for number, answer in enumerate(ANSWERS):
        words, _ = encoder.encode([Prompt(answer, (), ())])
        alone = neck.read(words).features[0, 1:-1]  # without special tokens
        stop = start + len(alone)
        torch.testing.assert_close(chunk.words.features[0, start:stop], alone)
        expected = torch.zeros(chunk.share.shape[0])
        expected[start:stop] = 1 / len(alone)
        torch.testing.assert_close(chunk.share[:, number], expected)
        start = stop
    assert start == chunk.words.features.shape[1]


@torch.no_grad()
def test_many_answers_are_read_in_chunks(model: nn.Module) -> None:
    encoder, neck = model.eval().text_encoder, model.fusion_neck
    (whole,) = AnswerBank(ANSWERS).words(encoder, neck).chunks
    parts = AnswerBank(ANSWERS, at_once=3).words(encoder, neck).chunks
    assert [chunk.share.shape[1] for chunk in parts] == [3, 1]
    joined = torch.cat([chunk.words.features for chunk in parts], 1)
    torch.testing.assert_close(joined, whole.words.features)


def test_words_are_kept_until_weights_change_and_modes_stay(model: nn.Module) -> None:
    encoder, neck = model.train().text_encoder, model.fusion_neck
    neck.blocks[0].eval()
    modes = [module.training for module in model.modules()]
    bank = AnswerBank(ANSWERS)
    first = bank.words(encoder, neck)
    read = []
    hook = encoder.model.register_forward_hook(lambda *x: read.append(x))
    assert bank.words(encoder, neck) is first
    assert [module.training for module in model.modules()] == modes
    assert not first.chunks[0].words.features.requires_grad
    with torch.no_grad():
        next(neck.blocks[0].text_layer.parameters()).mul_(1.5)  # as an optimiser does
    changed = bank.words(encoder, neck)
    assert not torch.equal(
        changed.chunks[0].words.features, first.chunks[0].words.features
    )
    assert not read  # the text encoder has not changed
    with torch.no_grad():
        next(encoder.model.parameters()).mul_(1.5)
    again = bank.words(encoder, neck)
    hook.remove()
    assert len(read) == 1
    assert not torch.equal(
        again.chunks[0].words.features, changed.chunks[0].words.features
    )


@torch.no_grad()
def test_a_training_may_read_them_every_few_steps(model: nn.Module) -> None:
    encoder, neck = model.train().text_encoder, model.fusion_neck
    bank, read = AnswerBank(ANSWERS, refresh_every=3), []
    for _ in range(7):
        next(neck.blocks[0].text_layer.parameters()).mul_(1.5)
        read.append(bank.words(encoder, neck))
    same = [now is before for before, now in pairwise(read)]
    assert same == [True, True, False, True, True, False]
    neck.eval()  # figures are of the weights that are there
    next(neck.blocks[0].text_layer.parameters()).mul_(1.5)
    assert bank.words(encoder, neck) is not read[-1]


@torch.no_grad()
def test_no_image_is_a_image_that_says_nothing(model: nn.Module) -> None:
    encoder, neck = model.eval().text_encoder, model.fusion_neck
    for block in neck.blocks:
        block.attention.text_scale.zero_()
    words, _ = encoder.encode([Prompt('a large dog', (), ())])
    pyramid = [torch.randn(1, 16, size, size) for size in (8, 4, 2)]
    expected = neck(pyramid, words)[1].features
    torch.testing.assert_close(neck.read(words).features, expected)


def test_modes_return_after_an_error() -> None:
    part = nn.Sequential(nn.Dropout(), nn.Dropout().eval())
    with pytest.raises(RuntimeError), evaluating(part):
        assert not any(module.training for module in part.modules())
        raise RuntimeError
    assert [module.training for module in part.modules()] == [True, True, False]


def test_weights_that_ema_swaps_are_seen(model: nn.Module) -> None:
    """mmengine's EMAHook writes to ``.data`` and leaves no trace in the tensor."""
    model = task_model(
        vqa_head=dict(
            type='VQAHead', text_dim=TEXT_DIM, answers=ANSWERS,
            reader=dict(
                type='GroundedReader', in_channels=CHANNELS, text_dim=TEXT_DIM,
                num_heads=2, num_regions=4, num_pointers=2,
            ),
        )
    ).train()  # fmt: skip
    bank = model.vqa_head.reader.bank
    parts = model.text_encoder, model.fusion_neck
    first = bank.words(*parts)
    model.train()
    assert bank.words(*parts) is first  # as before each step
    for parameter in model.fusion_neck.parameters():
        parameter.data.copy_(torch.randn_like(parameter))
    model.eval()
    swapped = bank.words(*parts).chunks[0].words.features
    assert not torch.equal(swapped, first.chunks[0].words.features)
    fresh = AnswerBank(ANSWERS).words(*parts).chunks[0].words.features
    assert torch.equal(swapped, fresh)


def test_answers_read_first_keep_the_gradients_of_later_uses(model: nn.Module) -> None:
    """Autocast's half copy of a weight, made without gradients, has none for a loss."""
    encoder, neck = model.train().text_encoder, model.fusion_neck
    weight = neck.blocks[0].text_layer.feedforward_in.weight
    with torch.autocast('cpu', torch.bfloat16):
        AnswerBank(ANSWERS).words(encoder, neck)
        words, _ = encoder.encode([Prompt('a large dog', (), ())])
        neck.read(words).features.float().square().sum().backward()
    assert weight.grad is not None

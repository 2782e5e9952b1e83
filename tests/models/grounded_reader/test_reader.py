"""GroundedReader: what words read, by hand; padding; the VQA head with it."""

import math
from collections.abc import Callable, Sequence

import pytest
import torch
from torch import BoolTensor, Tensor

from glipv2.models.grounded_reader.answer_words import AnswerChunk, AnswerWords
from glipv2.models.grounded_reader.evidence import (
    FusedQuestions,
    ImageEvidence,
)
from glipv2.models.grounded_reader.reader import GroundedReader, relative_places
from glipv2.structures.word_features import WordFeatures
from tests.task_samples import (
    HEADS,
    box_sample,
    caption_sample,
    predict,
    task_model,
    vqa_sample,
)
from tests.tiny import TEXT_DIM, batch_of, losses_of

READER = dict(
    type='GroundedReader', in_channels=16, text_dim=TEXT_DIM, num_layers=2, num_heads=2,
    num_regions=20, num_pointers=3, dropout=0.0,
)  # fmt: skip
SMALL = dict(in_channels=4, text_dim=8, num_heads=2, num_regions=9, dropout=0.0)


def words_of(count: int, tokens: int) -> WordFeatures:
    ids = torch.randint(1000, 2000, (count, tokens))
    return WordFeatures(torch.randn(count, tokens, 8), torch.ones_like(ids).bool(), ids)


def question_of(
    pyramid: Sequence[Tensor],
    words: WordFeatures,
    align: Callable,
    inside: Sequence[BoolTensor] | None = None,
) -> FusedQuestions:
    """Make questions; the three answers have a word each."""
    answers = AnswerWords((AnswerChunk(words_of(1, 3), torch.eye(3)),))
    return FusedQuestions(words, ImageEvidence(pyramid, inside, align, answers))


def by_features(regions: Tensor, words: WordFeatures) -> Tensor:
    """Align by the first channels."""
    return regions @ words.features[..., : regions.shape[2]].transpose(1, 2)


def test_places_are_relative_to_the_image() -> None:
    inside = torch.zeros(2, 3, 4, dtype=torch.bool)
    inside[0], inside[1, :2, :2] = True, True
    (whole,) = relative_places([torch.zeros(2, 5, 3, 4)], None)
    (places,) = relative_places([torch.zeros(2, 5, 3, 4)], [inside])
    assert places.shape == (2, 2, 3, 4)
    torch.testing.assert_close(whole[1], places[0])
    x, y = places[0]
    torch.testing.assert_close(x, torch.tensor([-0.75, -0.25, 0.25, 0.75]).expand(3, 4))
    torch.testing.assert_close(y[:, 0], torch.tensor([-2 / 3, 0, 2 / 3]))
    x, y = places[1]  # an image of two rows and columns
    torch.testing.assert_close(x[0, :2], torch.tensor([-0.5, 0.5]))
    torch.testing.assert_close(y[:2, 0], torch.tensor([-0.5, 0.5]))


@torch.no_grad()
def test_a_word_gets_what_the_grounding_head_finds() -> None:
    """With everything else silenced, the layer adds the found vector to the word."""
    reader = GroundedReader(**{**SMALL, 'text_dim': 10, 'num_layers': 1})
    (layer,) = reader.layers
    layer.text_layer = torch.nn.Module()
    layer.text_layer.forward = lambda text, mask: text
    for part in (layer.found, layer.relations.out, reader.position):
        torch.nn.init.zeros_(part.weight)
        torch.nn.init.zeros_(part.bias)
    layer.found.weight[:9] = torch.eye(9)  # 4 of O, x, y, best, fitting, anything
    alignment = torch.full((1, 6, 2), -20.0)
    alignment[0, 4, 0] = 3.0  # second row, second column
    alignment[0, 0, 1] = alignment[0, 2, 1] = 1.0
    of_answers = torch.full((6, 3), -20.0)
    of_answers[4, 1] = of_answers[1, 0] = 2.0

    def align(regions: Tensor, words: WordFeatures) -> Tensor:
        if words.features.shape[1] == 2:
            return alignment
        return (
            of_answers[None, :6]
            if regions.shape[1] == 6
            else by_features(regions, words)
        )

    words = words_of(1, 2).with_features(torch.randn(1, 2, 10))
    pyramid = [torch.randn(1, 4, 2, 3)]
    read = reader(question_of(pyramid, words, align)).words
    added = (read.features - words.features)[..., :9]
    here = torch.nn.functional.layer_norm(pyramid[0][0, :, 1, 1], (4,))
    torch.testing.assert_close(added[0, 0, :4], here)
    torch.testing.assert_close(added[0, 0, 4:6], torch.tensor([0.0, 2.0]))
    anything = math.log1p(2 / (1 + math.exp(-2)))
    fitting = math.log1p(1 / (1 + math.exp(-3)))
    torch.testing.assert_close(
        added[0, 0, 6:], torch.tensor([3.0, fitting, anything]), atol=1e-5, rtol=0
    )
    fitting = math.log1p(2 / (1 + math.exp(-1)))  # left and right in the first row
    torch.testing.assert_close(
        added[0, 1, 4:], torch.tensor([0.0, -2.0, 1.0, fitting, anything]),
        atol=1e-5, rtol=0,
    )  # fmt: skip


@torch.no_grad()
def test_the_word_that_is_asked_about_gives_its_sureness() -> None:
    reader = GroundedReader(**{**SMALL, 'num_layers': 0}).eval()
    torch.nn.init.zeros_(reader.position.weight)
    torch.nn.init.zeros_(reader.position.bias)
    words, level = words_of(1, 4), torch.randn(1, 4, 2, 3)
    words.mask[0, 3] = False
    found = reader(question_of([level], words, by_features))
    text, locations = words.features[0], level.flatten(2).transpose(1, 2)
    asking = reader.asking(text[0])
    weights = torch.stack([reader.asked(x) @ asking / 8**0.5 for x in text[:3]])
    best = by_features(locations, words)[0].amax(0)[:3]
    torch.testing.assert_close(found.sureness[0, 0], weights.softmax(0) @ best)


@torch.no_grad()
def test_padding_changes_nothing() -> None:
    reader, words = GroundedReader(**SMALL).eval(), words_of(1, 3)
    level = torch.randn(1, 4, 2, 3)
    alone = question_of([level], words, by_features)
    inside = torch.zeros(1, 4, 5, dtype=torch.bool)
    inside[:, :2, :3] = True
    padded = torch.randn(1, 4, 4, 5)
    padded[..., :2, :3] = level
    evidence = ImageEvidence([padded], [inside], by_features, alone.evidence.answers)
    expected = reader(alone)
    found = reader(FusedQuestions(words, evidence))
    torch.testing.assert_close(found.words.features, expected.words.features)
    torch.testing.assert_close(found.pointed, expected.pointed)
    torch.testing.assert_close(found.sureness, expected.sureness)


def test_the_head_reads_and_is_trained() -> None:
    head = {**HEADS['vqa_head'], 'reader': READER}
    model = task_model(vqa_head=head)
    samples = [box_sample(), vqa_sample(), caption_sample()]
    losses = losses_of(model, batch_of(samples))
    losses['loss_vqa'].backward()
    for name, parameter in model.vqa_head.named_parameters():
        if not name.endswith('key.bias'):  # adds the same to every score of a softmax
            assert parameter.grad is not None and parameter.grad.any(), name
    # Questions do not teach the box head where things are.
    assert model.bbox_head.text_projection.weight.grad is None
    absent = losses_of(model, batch_of(samples[:1]))
    assert absent.keys() == losses.keys() and absent['loss_vqa'] == 0
    (answered,) = predict(model, [vqa_sample()])
    assert answered.pred_answer in answered.pred_answers


def test_channels_that_differ_are_named() -> None:
    head = {**HEADS['vqa_head'], 'reader': {**READER, 'text_dim': 8}}
    with pytest.raises(ValueError, match='vqa_head.reader.text_dim is 8'):
        task_model(vqa_head=head)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@torch.no_grad()
def test_half_precision_reads_what_float32_reads(dtype: torch.dtype) -> None:
    """Alignments of either end of the clamp, thousands of locations, none sure."""
    reader = GroundedReader(**SMALL).eval()
    pyramid, words = [torch.randn(1, 4, 60, 80)], words_of(1, 3)

    def align(regions: Tensor, words: WordFeatures) -> Tensor:
        single = words.with_features(words.features.float())
        logits = by_features(regions.float(), single)
        logits[..., 0] = -50000.0  # no location fits the first word
        logits[0, 7 % logits.shape[1], 1] = 50000.0
        return logits

    expected = reader(question_of(pyramid, words, align)).words.features
    half = words.with_features(words.features.to(dtype))
    question = question_of([level.to(dtype) for level in pyramid], half, align)
    found = reader.to(dtype)(question).words.features
    assert found.dtype == dtype
    apart = (found.float() - expected).norm() / expected.norm()
    assert apart <= 16 * torch.finfo(dtype).eps


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_knows_its_places(dtype: torch.dtype) -> None:
    inside = torch.ones(1, 1, 5000).bool()
    inside[..., 4999:] = False
    (places,) = relative_places([torch.zeros(1, 1, 1, 5000, dtype=dtype)], [inside])
    expected = (torch.arange(5000) + 0.5) * 2 / 4999 - 1
    torch.testing.assert_close(places[0, 0, 0], expected)

"""GroundedReader: what words read, by hand; padding; the VQA head with it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import torch
from mmengine.config import ConfigDict
from torch import BoolTensor, Tensor

from glipv2.models.dense_heads.grounding_head import GroundingHead
from glipv2.models.grounded_reader.answer_words import AnswerChunk, AnswerWords
from glipv2.models.grounded_reader.evidence import (
    FusedQuestions,
    ImageEvidence,
)
from glipv2.models.grounded_reader.reader import GroundedReader
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
STRIDE = 8
SURE = 1 + 2 * 3  # how well the best fits; counts of the word and of anything


def words_of(count: int, tokens: int) -> WordFeatures:
    ids = torch.randint(1000, 2000, (count, tokens))
    return WordFeatures(torch.randn(count, tokens, 8), torch.ones_like(ids).bool(), ids)


def head_of(align: Callable) -> GroundingHead:
    """Make a box head whose boxes are its anchors, the cells of one level."""
    head = GroundingHead(
        in_channels=4,
        text_dim=8,
        anchor_generator=dict(
            type='AnchorGenerator', ratios=[1.0], scales=[1.0], strides=[STRIDE],
            center_offset=0.5,
        ),
        bbox_coder=dict(type='DeltaXYWHBBoxCoder'),
        loss_cls=dict(type='FocalLoss', use_sigmoid=True),
        test_cfg=ConfigDict(score_thr=0.05, nms=dict(type='nms', iou_threshold=0.6)),
    )  # fmt: skip
    for parameter in (*head.bbox_pred.parameters(), *head.centerness.parameters()):
        torch.nn.init.zeros_(parameter)
    head.align = align
    return head


def question_of(
    pyramid: Sequence[Tensor],
    words: WordFeatures,
    align: Callable,
    inside: Sequence[BoolTensor] | None = None,
    cells: tuple[int, int] | None = None,
) -> FusedQuestions:
    """Make questions; the three answers have a word each."""
    answers = AnswerWords((AnswerChunk(words_of(1, 3), torch.eye(3)),))
    cells = cells or tuple(pyramid[0].shape[-2:])
    sizes = STRIDE * torch.tensor([cells]).float()
    evidence = ImageEvidence(
        pyramid, inside, sizes, head_of(align).to(pyramid[0].dtype), answers
    )
    return FusedQuestions(words, evidence)


def by_features(regions: Tensor, words: WordFeatures) -> Tensor:
    """Align by the first channels."""
    return regions @ words.features[..., : regions.shape[2]].transpose(1, 2)


def counts_of(scores: Sequence[float]) -> list[float]:
    """Count boxes above 0.3, 0.5 and 0.7, softly."""
    return [
        math.log1p(sum(1 / (1 + math.exp((least - x) / 0.05)) for x in scores))
        for least in (0.3, 0.5, 0.7)
    ]


def score_of(logit: float) -> float:
    """Compute a box's score; the centerness is 1/2."""
    return math.sqrt(0.5 / (1 + math.exp(-logit)))


@torch.no_grad()
def test_a_word_gets_what_the_grounding_head_finds() -> None:
    """With everything else silenced, the layer adds the found vector to the word."""
    reader = GroundedReader(**{**SMALL, 'text_dim': 16, 'num_layers': 1})
    (layer,) = reader.layers
    layer.text_layer = torch.nn.Module()
    layer.text_layer.forward = lambda text, mask: text
    for part in (layer.found, layer.relations.out, reader.position):
        torch.nn.init.zeros_(part.weight)
        torch.nn.init.zeros_(part.bias)
    # 4 of O, x, y, how well the best fits, and the counts.
    layer.found.weight[: 6 + SURE] = torch.eye(6 + SURE)
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

    words = words_of(1, 2).with_features(torch.randn(1, 2, 16))
    pyramid = [torch.randn(1, 4, 2, 3)]
    read = reader(question_of(pyramid, words, align)).words
    added = (read.features - words.features)[0, :, : 6 + SURE]
    here = torch.nn.functional.layer_norm(pyramid[0][0, :, 1, 1], (4,))
    torch.testing.assert_close(added[0, :4], here)
    torch.testing.assert_close(added[0, 4:6], torch.tensor([0.0, 2.0]))
    anything = counts_of([score_of(2.0)] * 2)
    fits = [3.0, *counts_of([score_of(3.0)]), *anything]
    torch.testing.assert_close(added[0, 6:], torch.tensor(fits), atol=1e-5, rtol=0)
    # Left and right in the first row.
    fits = [0.0, -2.0, 1.0, *counts_of([score_of(1.0)] * 2), *anything]
    torch.testing.assert_close(added[1, 4:], torch.tensor(fits), atol=1e-5, rtol=0)


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
    in_batch = question_of([padded], words, by_features, [inside], (2, 3))
    answers = alone.evidence.answers
    evidence = replace(in_batch.evidence, answers=answers)
    expected = reader(alone)
    found = reader(replace(in_batch, evidence=evidence))
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

"""VQAHead: targets, loss and lists of answers."""

import json
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from glipv2.models.vl_heads.vqa_head import VQAHead
from glipv2.structures.word_features import WordFeatures
from glipv2.text.answer_list import read_answers

ANSWERS = ('yes', 'no', '2', 'fire truck')


def first_words(features: torch.Tensor) -> WordFeatures:
    """Make texts of one word each from its features (B, C)."""
    ids = torch.zeros(len(features), 1, dtype=torch.long)
    return WordFeatures(features[:, None], torch.ones_like(ids).bool(), ids)


def test_targets_are_soft_and_normalised() -> None:
    head = VQAHead(8, ANSWERS)
    given = [['Yes'] * 2 + ['no'] * 8, ['two'] * 3 + ['a fire truck.'] + ['cat'] * 6]
    expected = torch.tensor([[2 / 3, 1, 0, 0], [0, 0, 1, 1 / 3]])
    torch.testing.assert_close(head.targets_of(given), expected)


def test_loss_is_the_cross_entropy_summed_over_answers() -> None:
    head = VQAHead(8, ANSWERS, loss_weight=2.0)
    first = torch.randn(2, 8)
    given = [['yes'] * 10, ['no'] * 2 + ['maybe'] * 8]
    logits = head(first_words(first))
    found = head.loss(logits, given)
    targets = torch.tensor([[1.0, 0, 0, 0], [0, 2 / 3, 0, 0]])
    expected = F.binary_cross_entropy(logits.sigmoid(), targets, reduction='none')
    torch.testing.assert_close(found['loss_vqa'], 2 * expected.sum(1).mean())
    right = targets[torch.arange(2), logits.argmax(1)].mean()
    torch.testing.assert_close(found['vqa_accuracy'], right)


def test_without_a_question_the_loss_is_zero_and_has_a_gradient() -> None:
    head = VQAHead(8, ANSWERS)
    loss = head.loss(head(first_words(torch.zeros(0, 8))), [])['loss_vqa']
    loss.backward()
    assert loss == 0
    assert all(parameter.grad is not None for parameter in head.parameters())


def test_best_answers_come_in_order_with_their_sigmoid() -> None:
    head = VQAHead(8, ANSWERS)
    logits = head(first_words(torch.randn(3, 8)))
    scores = logits.sigmoid()
    for row, found in enumerate(head.best(logits, 3)):
        names = [answer for answer, _ in found]
        order = scores[row].argsort(descending=True)[:3]
        assert names == [ANSWERS[number] for number in order]
        assert [score for _, score in found] == pytest.approx(
            scores[row][order].tolist()
        )
    assert len(head.best(logits, 99)[0]) == len(ANSWERS)


@pytest.mark.parametrize('as_json', [True, False])
def test_answers_come_from_a_file(as_json: bool, tmp_path: Path) -> None:
    path = tmp_path / 'answers.txt'
    path.write_text(json.dumps(ANSWERS) if as_json else '\n'.join(ANSWERS) + '\n')
    assert read_answers(str(path), 4) == ANSWERS


@pytest.mark.parametrize(
    ('answers', 'count', 'message'),
    [
        ((), None, 'lists no answer'),
        (ANSWERS, 3129, 'lists 4 answers, but the head has num_answers=3129'),
        (('yes', 'the'), None, "answer 1 is empty: 'the'"),
        (
            ('2', 'yes', 'Two'),
            None,
            r"answers 0 \('2'\) and 2 \('Two'\) are duplicates",
        ),
    ],
)
def test_unfit_lists_are_refused(answers: tuple, count: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        VQAHead(8, answers, count)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(FileNotFoundError, match='file of answers .*nowhere.json: see'):
        VQAHead(8, 'nowhere.json')


@pytest.mark.parametrize(
    ('others', 'message'),
    [
        (('yes', 'no'), 'knows 2 answers, but the config lists 4'),
        (('no', 'yes', '2', 'fire truck'), 'or with these in another order'),
    ],
)
def test_weights_of_another_list_are_refused(others: tuple, message: str) -> None:
    weights = VQAHead(8, others).state_dict()
    with pytest.raises(ValueError, match=message):
        VQAHead(8, ANSWERS).load_state_dict(weights)
    same = VQAHead(8, ANSWERS)
    VQAHead(8, ANSWERS).load_state_dict(same.state_dict())


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float64])
def test_a_large_batch_is_counted_in_any_precision(dtype: torch.dtype) -> None:
    """Bfloat16 would count 1,001 questions as 1,000, and sum their losses so."""
    head = VQAHead(8, ANSWERS)
    logits = torch.randn(1001, len(ANSWERS)).to(dtype)
    loss = head.loss(logits, [['no'] * 10] * 1001)['loss_vqa']
    targets = torch.zeros(1001, len(ANSWERS), dtype=torch.float64)
    targets[:, 1] = 1
    expected = F.binary_cross_entropy(
        logits.double().sigmoid(), targets, reduction='none'
    )
    assert loss.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    torch.testing.assert_close(loss.double(), expected.sum(1).mean(), rtol=1e-5, atol=0)

"""Regions that answers name, against loops over boxes and answers."""

import math
from dataclasses import replace

import torch
from torch import Tensor

from glipv2.models.grounded_reader.answer_words import AnswerChunk, AnswerWords
from glipv2.models.grounded_reader.detections import boxes_of
from glipv2.models.grounded_reader.evidence import Look
from glipv2.models.grounded_reader.named_regions import find_regions
from glipv2.structures.word_features import WordFeatures
from tests.models.grounded_reader.test_reader import STRIDE, head_of, words_of

OWNERS = (0, 0, 1, 2, 2, 2)  # of six words; three answers


def align(regions: Tensor, words: WordFeatures) -> Tensor:
    """Align as a grounding head does, without its parameters."""
    return regions @ words.features.transpose(1, 2)


def answers_of(words: Tensor, *groups: tuple[int, ...]) -> AnswerWords:
    """Put answers into chunks."""
    owner, chunks = torch.tensor(OWNERS), []
    for group in groups:
        rows = torch.cat([(owner == answer).nonzero()[:, 0] for answer in group])
        share = torch.stack([(owner[rows] == answer).float() for answer in group], 1)
        ids = rows[None]
        features = WordFeatures(words[None, rows], torch.ones_like(ids).bool(), ids)
        chunks.append(AnswerChunk(features, share / share.sum(0)))
    return AnswerWords(tuple(chunks))


def probability(location: Tensor, words: Tensor, answer: int) -> float:
    """Compute the mean of an answer's words' probabilities."""
    own = [word for word, owner in zip(words, OWNERS) if owner == answer]
    return sum(float((location @ word).sigmoid()) for word in own) / len(own)


def look_at(cells: tuple[int, int], images: int, visible: Tensor | None) -> Look:
    """Make a box head's look at images; its boxes are the cells."""
    head = head_of(align)
    words = words_of(images, 2).with_features(torch.randn(images, 2, 4))
    out = head([torch.randn(images, 4, *cells)], words)
    sizes = STRIDE * torch.tensor([cells] * images).float()
    return Look(head, out, boxes_of(head, out, sizes), visible)


def score(named: float) -> float:
    """Compute a box's score; the centerness is 1/2."""
    return math.sqrt(named / 2)


def test_the_best_boxes_are_kept_with_what_answers_say() -> None:
    locations, words = torch.randn(2, 6, 4), torch.randn(6, 4)
    visible = torch.ones(2, 6, dtype=torch.bool)
    visible[1, 2:] = False
    answers = answers_of(words, (0, 1, 2))
    regions = find_regions(look_at((2, 3), 2, visible), locations, answers, 3, 6)
    for image in range(2):
        named = [
            [probability(x, words, answer) for answer in range(3)]
            for x, real in zip(locations[image], visible[image])
            if real
        ]
        best = [max(of_location) for of_location in named]
        order = sorted(range(len(best)), key=lambda row: -best[row])[:3]
        assert regions.visible[image].tolist() == [row < len(order) for row in range(3)]
        kept = slice(len(order))
        assert regions.rows[image, kept].tolist() == order
        torch.testing.assert_close(
            regions.answers[image, kept], torch.tensor([named[row] for row in order])
        )
        torch.testing.assert_close(
            regions.sureness[image, kept],
            torch.tensor([score(best[row]) for row in order]).logit(),
        )
        torch.testing.assert_close(
            regions.scores[image].sum(), torch.tensor(sum(map(score, best)))
        )
        torch.testing.assert_close(
            regions.gather(locations)[image, kept], locations[image, order]
        )


def test_of_boxes_of_one_thing_the_best_is_kept() -> None:
    locations, look = torch.randn(1, 6, 4), look_at((2, 3), 1, None)
    boxes = look.boxes.clone()
    boxes[0, 1:4] = boxes[0, 0]
    answers = answers_of(torch.randn(6, 4), (0, 1, 2))
    regions = find_regions(replace(look, boxes=boxes), locations, answers, 6, 6)
    rows = regions.rows[0][regions.visible[0]].tolist()
    apart = find_regions(look, locations, answers, 6, 6)
    (first,) = [row for row in apart.rows[0].tolist() if row < 4][:1]
    assert sorted(rows) == sorted([first, 4, 5])


def test_chunks_and_missing_boxes_change_nothing() -> None:
    locations, words = torch.randn(1, 6, 4), torch.randn(6, 4)
    look = look_at((2, 3), 1, None)
    whole = find_regions(look, locations, answers_of(words, (0, 1, 2)), 6, 6)
    parts = find_regions(look, locations, answers_of(words, (0,), (1, 2)), 6, 6)
    more = find_regions(look, locations, answers_of(words, (0, 1, 2)), 9, 6)
    torch.testing.assert_close(parts.answers, whole.answers)
    assert torch.equal(parts.rows, whole.rows)
    torch.testing.assert_close(more.answers[:, :6], whole.answers)
    assert more.visible[0].tolist() == [True] * 6 + [False] * 3


def test_questions_do_not_teach_the_alignment() -> None:
    locations = torch.randn(1, 6, 4, requires_grad=True)
    answers = answers_of(torch.randn(6, 4), (0, 1, 2))
    regions = find_regions(look_at((2, 3), 1, None), locations, answers, 3, 6)
    assert not regions.answers.requires_grad and not regions.sureness.requires_grad
    assert regions.gather(locations).requires_grad

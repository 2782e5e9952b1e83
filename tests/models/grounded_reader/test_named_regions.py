"""Regions that answers name, against loops over locations and answers."""

import torch
from torch import Tensor

from glipv2.models.grounded_reader.answer_words import AnswerChunk, AnswerWords
from glipv2.models.grounded_reader.named_regions import find_regions
from glipv2.structures.word_features import WordFeatures

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


def test_the_best_locations_are_kept_with_what_answers_say() -> None:
    locations, words = torch.randn(2, 7, 4), torch.randn(6, 4)
    visible = torch.ones(2, 7, dtype=torch.bool)
    visible[1, 2:] = False
    regions = find_regions(align, locations, answers_of(words, (0, 1, 2)), 3, visible)
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
            torch.tensor([best[row] for row in order]).logit(),
        )
        torch.testing.assert_close(regions.count[image], torch.tensor(sum(best)))
        torch.testing.assert_close(
            regions.gather(locations)[image, kept], locations[image, order]
        )


def test_chunks_and_missing_locations_change_nothing() -> None:
    locations, words = torch.randn(1, 5, 4), torch.randn(6, 4)
    whole = find_regions(align, locations, answers_of(words, (0, 1, 2)), 5, None)
    parts = find_regions(align, locations, answers_of(words, (0,), (1, 2)), 5, None)
    more = find_regions(align, locations, answers_of(words, (0, 1, 2)), 9, None)
    torch.testing.assert_close(parts.answers, whole.answers)
    assert torch.equal(parts.rows, whole.rows)
    torch.testing.assert_close(more.answers[:, :5], whole.answers)
    assert more.visible[0].tolist() == [True] * 5 + [False] * 4


def test_questions_do_not_teach_the_alignment() -> None:
    locations = torch.randn(1, 5, 4, requires_grad=True)
    answers = answers_of(torch.randn(6, 4), (0, 1, 2))
    regions = find_regions(align, locations, answers, 3, None)
    assert not regions.answers.requires_grad and not regions.sureness.requires_grad
    assert regions.gather(locations).requires_grad

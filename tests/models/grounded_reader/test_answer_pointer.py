"""AnswerPointer by hand: it points at places, at things, and stays silent."""

import torch
import torch.nn.functional as F

from glipv2.models.grounded_reader.answer_pointer import AnswerPointer
from glipv2.models.grounded_reader.named_regions import NamedRegions

STRENGTH = 8.0
PLACES = torch.tensor([[[-4.0, 0.0], [4.0, 0.0], [0.0, 4.0]]])
ANSWERS = torch.eye(3)[None]  # the first answer names the first region, ...


def regions_of(
    sureness: tuple[float, ...], visible: tuple[bool, ...] = (True,) * 3
) -> NamedRegions:
    return NamedRegions(
        torch.arange(3)[None],
        torch.tensor([visible]),
        torch.tensor([sureness]),
        ANSWERS,
        torch.ones(1, 3),
    )


@torch.no_grad()
def pointer_to(x: float, y: float, say: float = 1.0) -> AnswerPointer:
    """Make one pointer of a direction, whatever the question."""
    pointer = AnswerPointer(8, 1, STRENGTH)
    for layer in (pointer.direction, pointer.say):
        torch.nn.init.zeros_(layer.weight)
    pointer.direction.bias.copy_(torch.tensor([x, y]))
    pointer.say.bias.fill_(say)
    return pointer


@torch.no_grad()
def test_the_farthest_thing_is_the_answer() -> None:
    sure, first = regions_of((2.0, 2.0, 2.0)), torch.randn(1, 8)
    for direction, answer in (((-9.0, 0.0), 0), ((9.0, 0.0), 1), ((0.0, 9.0), 2)):
        pointed = pointer_to(*direction)(first, PLACES, sure)
        expected = STRENGTH * F.one_hot(torch.tensor([answer]), 3).float()
        torch.testing.assert_close(pointed, expected)


@torch.no_grad()
def test_places_are_weighed_against_sureness() -> None:
    pointed = pointer_to(-0.5, 0.0)(
        torch.randn(1, 8), PLACES, regions_of((-6.0, 1.0, 3.0))
    )
    gain = F.softplus(torch.ones(()))
    scores = torch.tensor([2.0, -2.0, 0.0]) + gain * torch.tensor([-6.0, 1.0, 3.0])
    torch.testing.assert_close(pointed[0], STRENGTH * scores.softmax(0))


@torch.no_grad()
def test_what_is_outside_is_not_pointed_at() -> None:
    regions = regions_of((2.0, 2.0, 2.0), (False, True, True))
    pointed = pointer_to(-9.0, 0.0)(torch.randn(1, 8), PLACES, regions)
    torch.testing.assert_close(pointed, STRENGTH * torch.tensor([[0.0, 0.0, 1.0]]))


@torch.no_grad()
def test_a_question_may_silence_it() -> None:
    regions = regions_of((2.0, 2.0, 2.0))
    pointed = pointer_to(1.0, 1.0, say=0.0)(torch.randn(1, 8), PLACES, regions)
    assert not pointed.any()


def test_where_nothing_is_found_no_answer_is_pointed_at() -> None:
    pointer, first = AnswerPointer(8, 2, STRENGTH), torch.randn(1, 8)
    pointed = pointer(first, PLACES, regions_of((2.0, 2.0, 2.0), (False,) * 3))
    assert not pointed.any()
    pointed.sum().backward()
    assert all(x.grad.isfinite().all() for x in pointer.parameters())

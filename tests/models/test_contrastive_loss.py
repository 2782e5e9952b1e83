"""The inter-image loss: every rule of its targets, its numbers, several processes."""

import os
import socket
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from glipv2.models import InterImageContrastiveLoss
from glipv2.models.contrastive_loss import (
    NO_CATEGORY_REGION,
    NO_CATEGORY_WORD,
    PictureRegions,
    category_number,
)
from glipv2.models.word_features import WordFeatures

CHANNELS, TEXT_DIM = 6, 5
APPLE, DOG, TREE = (category_number(name) for name in ('apple', 'dog', 'tree'))
NO = NO_CATEGORY_WORD


def build_loss(**options: object) -> InterImageContrastiveLoss:
    """Build the loss with weights that do not depend on the test."""
    torch.manual_seed(5)
    loss = InterImageContrastiveLoss(CHANNELS, TEXT_DIM, hidden_dim=4, **options)
    return loss.double()


def regions_of(words: list[list[int]], categories: list[int]) -> PictureRegions:
    """Make random regions; a row of ``words`` marks a region's own words."""
    return PictureRegions(
        torch.randn(len(categories), CHANNELS, dtype=torch.double),
        torch.tensor(words).bool(),
        torch.tensor(categories, dtype=torch.long),
    )


def no_regions() -> PictureRegions:
    """Make the regions of a picture without boxes; its text has 3 words."""
    return PictureRegions(
        torch.zeros(0, CHANNELS, dtype=torch.double),
        torch.zeros(0, 3).bool(),
        torch.zeros(0).long(),
    )


def texts_of(mask: list[list[int]]) -> WordFeatures:
    """Make random words."""
    real = torch.tensor(mask).bool()
    features = torch.randn(*real.shape, TEXT_DIM, dtype=torch.double)
    return WordFeatures(features, real, torch.zeros_like(real).long())


def by_hand(
    loss: InterImageContrastiveLoss,
    regions: list[PictureRegions],
    words: WordFeatures,
    positives: set[tuple[int, int, int, int]],
) -> float:
    """Compute the loss pair by pair.

    ``positives`` lists (picture and number of a region, picture and number of a word).
    """

    def unit(x: torch.Tensor) -> torch.Tensor:
        return x / x.norm()

    found = {
        (i, r): unit(loss.visual_projection(x))
        for i, picture in enumerate(regions)
        for r, x in enumerate(picture.features)
    }
    texts = {
        (i, t): unit(loss.text_projection(words.features[i, t]))
        for i in range(len(words.mask))
        for t in range(words.mask.shape[1])
        if words.mask[i, t]
    }
    temperature = loss.log_temperature.exp()

    def direction(rows: dict, columns: dict, swap: bool) -> torch.Tensor:
        terms = []
        for row, a in rows.items():
            scores = {column: a @ b / temperature for column, b in columns.items()}
            total = torch.stack([score.exp() for score in scores.values()]).sum().log()
            mine = [
                total - score
                for column, score in scores.items()
                if ((*column, *row) if swap else (*row, *column)) in positives
            ]
            if mine:
                terms.append(sum(mine) / len(mine))
        return sum(terms) / max(len(terms), 1)

    return float((direction(found, texts, False) + direction(texts, found, True)) / 2)


def check(regions: list, words: WordFeatures, categories: list, positives: set) -> None:
    """Compare with the computation by hand."""
    loss = build_loss()
    got = loss(regions, words, torch.tensor(categories))['loss_inter']
    assert float(got) == pytest.approx(by_hand(loss, regions, words, positives))


def test_own_pair_and_propagation_to_another_class_list() -> None:
    """'apple . dog' and 'dog': the dog of picture 0 is positive in text 1, and back.

    Picture 0's first region (of its box 0) takes part like any other.
    """
    regions = [
        regions_of([[1, 0, 0], [0, 0, 1]], [APPLE, DOG]),
        regions_of([[1, 0, 0]], [DOG]),
    ]
    words = texts_of([[1, 1, 1], [1, 1, 0]])
    categories = [[APPLE, NO, DOG], [DOG, NO, NO]]
    positives = {(0, 0, 0, 0), (0, 1, 0, 2), (1, 0, 1, 0)}
    positives |= {(0, 1, 1, 0), (1, 0, 0, 2)}
    check(regions, words, categories, positives)


def test_nothing_is_propagated_to_a_sentence_or_from_one() -> None:
    regions = [
        regions_of([[0, 1, 0]], [DOG]),
        regions_of([[1, 1, 0]], [NO_CATEGORY_REGION]),
    ]
    words = texts_of([[1, 1, 1], [1, 1, 1]])
    categories = [[APPLE, DOG, NO], [NO, NO, NO]]
    check(regions, words, categories, {(0, 0, 0, 1), (1, 0, 1, 0), (1, 0, 1, 1)})


def test_two_categories_of_one_text_are_not_mixed_up() -> None:
    """A category's words in its own text count through the region's own phrase only."""
    regions = [regions_of([[1, 0, 0]], [DOG]), no_regions()]
    words = texts_of([[1, 1, 1], [1, 1, 1]])
    categories = [[DOG, DOG, NO], [TREE, NO, NO]]
    check(regions, words, categories, {(0, 0, 0, 0)})


def test_without_any_region_the_loss_is_zero_and_has_a_gradient() -> None:
    loss = build_loss()
    value = loss([no_regions()], texts_of([[1, 1, 1]]), torch.full((1, 3), NO))[
        'loss_inter'
    ]
    value.backward()
    assert value == 0
    assert all(parameter.grad is not None for parameter in loss.parameters())


def test_temperature_is_clamped() -> None:
    loss = build_loss(temperature=1e-9, min_temperature=0.5)
    other = build_loss(temperature=0.5)
    regions, words = [regions_of([[1, 0, 0]], [DOG])], texts_of([[1, 1, 1]])
    categories = torch.tensor([[DOG, NO, NO]])
    torch.testing.assert_close(
        loss(regions, words, categories), other(regions, words, categories)
    )


def test_at_most_max_regions_are_drawn() -> None:
    loss = build_loss(max_regions=2)
    regions = regions_of([[1, 0]] * 9, list(range(9)))
    chosen = loss.choose(regions)
    assert len(chosen.features) == len(set(chosen.categories.tolist())) == 2
    for feature, category in zip(chosen.features, chosen.categories):
        torch.testing.assert_close(feature, regions.features[category])


def test_a_category_has_one_number_however_it_is_written() -> None:
    assert category_number('Traffic_light') == category_number('traffic light')
    assert category_number('traffic light (red)') == category_number('traffic light')
    assert len({APPLE, DOG, TREE, NO_CATEGORY_REGION, NO_CATEGORY_WORD}) == 5
    assert min(APPLE, DOG, TREE) >= 0


def joint_batch() -> tuple[list[PictureRegions], WordFeatures, torch.Tensor]:
    """Four pictures with 3, 0, 1 and 5 regions."""
    torch.manual_seed(6)
    counts = (3, 0, 1, 5)
    names = torch.tensor([[APPLE, NO, DOG], [DOG, TREE, NO], [NO] * 3, [TREE, NO, DOG]])
    regions = []
    for picture, count in enumerate(counts):
        word = torch.tensor([0, 2, 0, 0, 2])[:count] % 3
        own = torch.nn.functional.one_hot(word, 3).bool().reshape(count, 3)
        number = names[picture][word] if picture != 2 else torch.full((count,), -1)
        features = torch.randn(count, CHANNELS, dtype=torch.double)
        regions.append(PictureRegions(features, own, number))
    return regions, texts_of([[1, 1, 1], [1, 1, 0], [1, 1, 1], [1, 1, 1]]), names


def run_rank(rank: int, shares: list, port: int, folder: str) -> None:
    """Compute the loss of a share of the joint batch in a process of its own."""
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    dist.init_process_group('gloo', rank=rank, world_size=len(shares))
    loss = build_loss()
    regions, words, names = joint_batch()
    mine = shares[rank]
    value = loss(
        [regions[i] for i in mine], words.select(torch.tensor(mine)), names[mine]
    )['loss_inter']
    value.backward()
    for parameter in loss.parameters():  # as DistributedDataParallel does
        dist.all_reduce(parameter.grad)
        parameter.grad /= len(shares)
    gradients = {name: p.grad for name, p in loss.named_parameters()}
    torch.save((value.detach(), gradients), f'{folder}/{rank}.pth')
    dist.destroy_process_group()


@pytest.mark.timeout(120)
@pytest.mark.parametrize('shares', [[[0, 1], [2, 3]], [[0], [1, 2, 3]]])
def test_processes_equal_one_with_the_joint_batch(shares: list, tmp_path: Path) -> None:
    loss = build_loss()
    expected = loss(*joint_batch())['loss_inter']
    expected.backward()
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        port = server.getsockname()[1]
    mp.spawn(run_rank, (shares, port, str(tmp_path)), nprocs=2)
    found = [torch.load(tmp_path / f'{rank}.pth') for rank in (0, 1)]
    torch.testing.assert_close((found[0][0] + found[1][0]) / 2, expected.detach())
    for name, parameter in loss.named_parameters():
        for _, gradients in found:
            torch.testing.assert_close(gradients[name], parameter.grad)

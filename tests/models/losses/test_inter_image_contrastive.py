"""The inter-image loss: every rule of its targets, its numbers, several processes."""

import os
import socket
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from glipv2.models import InterImageContrastiveLoss
from glipv2.models.losses.contrastive_targets import category_number
from glipv2.models.losses.inter_image_contrastive import draw
from glipv2.structures.regions import NO_CATEGORY_REGION, NO_CATEGORY_WORD, Regions
from glipv2.structures.word_features import WordFeatures, no_words
from tests.waits import Waits

CHANNELS, TEXT_DIM = 6, 5
APPLE, DOG, TREE = (category_number(name) for name in ('apple', 'dog', 'tree'))
NO = NO_CATEGORY_WORD


def build_loss(**options: object) -> InterImageContrastiveLoss:
    """Build the loss with weights that do not depend on the test."""
    torch.manual_seed(5)
    loss = InterImageContrastiveLoss(CHANNELS, TEXT_DIM, hidden_dim=4, **options)
    return loss.double()


def regions_of(*images: tuple[list[list[int]], list[int]]) -> Regions:
    """Make random regions of images whose texts have 3 words.

    An image's first list marks the own words of each of its regions, its second gives
    their categories.
    """
    count = sum(len(categories) for _, categories in images)
    return Regions(
        torch.randn(count, CHANNELS, dtype=torch.double),
        torch.tensor([row for words, _ in images for row in words])
        .reshape(-1, 3)
        .bool(),
        torch.tensor([x for _, categories in images for x in categories]).long(),
        torch.tensor([i for i, (_, x) in enumerate(images) for _ in x]).long(),
    )


def images_of(regions: Regions, images: list[int]) -> Regions:
    """Take the regions of some images, counted anew."""
    rows = torch.cat([(regions.image == i).nonzero().flatten() for i in images])
    taken = regions.select(rows)
    place = torch.tensor([images.index(i) for i in taken.image.tolist()]).long()
    return Regions(taken.features, taken.words, taken.categories, place)


def texts_of(mask: list[list[int]]) -> WordFeatures:
    """Make random words."""
    real = torch.tensor(mask).bool()
    features = torch.randn(*real.shape, TEXT_DIM, dtype=torch.double)
    return WordFeatures(features, real, torch.zeros_like(real).long())


def by_hand(
    loss: InterImageContrastiveLoss,
    regions: Regions,
    words: WordFeatures,
    positives: set[tuple[int, int, int, int]],
) -> float:
    """Compute the loss pair by pair.

    ``positives`` lists (image and number of a region, image and number of a word).
    """

    def unit(x: torch.Tensor) -> torch.Tensor:
        return x / x.norm()

    found = {}
    for i, x in zip(regions.image.tolist(), regions.features):
        number = sum(other == i for other, _ in found)
        found[i, number] = unit(loss.visual_projection(x))
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


def check(
    regions: Regions, words: WordFeatures, categories: list, positives: set
) -> None:
    """Compare with the computation by hand."""
    loss = build_loss()
    got = loss(regions, words, torch.tensor(categories))['loss_inter']
    assert float(got) == pytest.approx(by_hand(loss, regions, words, positives))


def test_own_pair_and_propagation_to_another_class_list() -> None:
    """'apple . dog' and 'dog': the dog of image 0 is positive in text 1, and back.

    Image 0's first region (of its box 0) takes part like any other.
    """
    regions = regions_of(([[1, 0, 0], [0, 0, 1]], [APPLE, DOG]), ([[1, 0, 0]], [DOG]))
    words = texts_of([[1, 1, 1], [1, 1, 0]])
    categories = [[APPLE, NO, DOG], [DOG, NO, NO]]
    positives = {(0, 0, 0, 0), (0, 1, 0, 2), (1, 0, 1, 0)}
    positives |= {(0, 1, 1, 0), (1, 0, 0, 2)}
    check(regions, words, categories, positives)


def test_nothing_is_propagated_to_a_sentence_or_from_one() -> None:
    regions = regions_of(([[0, 1, 0]], [DOG]), ([[1, 1, 0]], [NO_CATEGORY_REGION]))
    words = texts_of([[1, 1, 1], [1, 1, 1]])
    categories = [[APPLE, DOG, NO], [NO, NO, NO]]
    check(regions, words, categories, {(0, 0, 0, 1), (1, 0, 1, 0), (1, 0, 1, 1)})


def test_two_categories_of_one_text_are_not_mixed_up() -> None:
    """A category's words in its own text count through the region's own phrase only."""
    regions = regions_of(([[1, 0, 0]], [DOG]))
    words = texts_of([[1, 1, 1], [1, 1, 1]])
    categories = [[DOG, DOG, NO], [TREE, NO, NO]]
    check(regions, words, categories, {(0, 0, 0, 0)})


@pytest.mark.parametrize('regions', [regions_of(), []])
@pytest.mark.parametrize('images', [1, 0])
def test_without_any_region_the_loss_is_zero_and_has_a_gradient(
    regions: Regions | list, images: int
) -> None:
    loss = build_loss()
    words = texts_of([[1, 1, 1]]).select(slice(images))
    if not images:
        words = no_words(words.features, TEXT_DIM)
    value = loss(regions, words, torch.full(words.mask.shape, NO))['loss_inter']
    value.backward()
    assert value == 0
    for parameter in loss.parameters():
        torch.testing.assert_close(parameter.grad, torch.zeros_like(parameter))


def test_doubles_stay_doubles_and_halves_are_computed_in_float32() -> None:
    regions, words, names = joint_batch()
    exact = build_loss()(regions, words, names)['loss_inter']
    assert exact.dtype == torch.double
    rounded = build_loss().float()
    floats = Regions(
        regions.features.float(), regions.words, regions.categories, regions.image
    )
    plain = rounded(floats, words.with_features(words.features.float()), names)
    assert plain['loss_inter'].dtype == torch.float32
    assert 0 < abs(plain['loss_inter'] - exact) < 1e-5
    with torch.autocast('cpu', torch.bfloat16):
        mixed = rounded(floats, words.with_features(words.features.float()), names)
    assert mixed['loss_inter'].dtype == torch.float32
    torch.testing.assert_close(mixed['loss_inter'], exact.float(), rtol=0.02, atol=0.02)


def test_temperature_is_clamped() -> None:
    loss = build_loss(temperature=1e-9, min_temperature=0.5)
    other = build_loss(temperature=0.5)
    regions, words = regions_of(([[1, 0, 0]], [DOG])), texts_of([[1, 1, 1]])
    categories = torch.tensor([[DOG, NO, NO]])
    torch.testing.assert_close(
        loss(regions, words, categories), other(regions, words, categories)
    )


def test_at_most_max_regions_of_each_image_are_drawn_all_alike() -> None:
    image = torch.tensor([0] * 9 + [2] * 2 + [3] * 3)
    drawn = torch.zeros(len(image))
    for _ in range(600):
        rows, count = draw(image, 3)
        assert sorted(rows.tolist()) == list(range(14))
        chosen = rows[:count]
        assert image[chosen].bincount().tolist() == [3, 0, 2, 3]
        drawn[chosen] += 1 / 600
    torch.testing.assert_close(drawn[:9], torch.full((9,), 1 / 3), rtol=0, atol=0.09)
    assert (drawn[9:] > 0.999).all()


@pytest.mark.parametrize('seed', range(3))
def test_few_regions_are_the_same_whatever_the_random_numbers(seed: int) -> None:
    """A resumed run ends with the same weights, though it has drawn less often."""
    torch.manual_seed(seed)
    rows, count = draw(torch.tensor([0] * 3 + [2] * 2 + [3] * 3), 3)
    assert rows.tolist() == list(range(8)) and count == 8


def test_regions_that_are_not_drawn_do_not_count() -> None:
    torch.manual_seed(3)
    regions = regions_of(([[1, 0, 0]] * 9, [DOG] * 9), ([[0, 1, 0]], [APPLE]))
    words = texts_of([[1, 1, 1], [1, 1, 0]])
    names = torch.tensor([[DOG, NO, NO], [NO, APPLE, NO]])
    torch.manual_seed(4)
    some = build_loss(max_regions=2)
    torch.manual_seed(4)
    rows, count = draw(regions.image, 2)
    torch.manual_seed(4)
    got = some(regions, words, names)
    assert count == 3
    expected = build_loss()(regions.select(rows[:count].sort().values), words, names)
    torch.testing.assert_close(got, expected)


def test_a_category_has_one_number_however_it_is_written() -> None:
    assert category_number('Traffic_light') == category_number('traffic light')
    assert category_number('traffic light (red)') == category_number('traffic light')
    assert len({APPLE, DOG, TREE, NO_CATEGORY_REGION, NO_CATEGORY_WORD}) == 5
    assert min(APPLE, DOG, TREE) >= 0


# Images of each process; one process has none.
SHARES = ([[0, 1], [2, 3]], [[0], [1, 2, 3]], [[], [3, 1], [0, 2]])


def joint_batch() -> tuple[Regions, WordFeatures, torch.Tensor]:
    """Four images with 3, 0, 1 and 5 regions."""
    torch.manual_seed(6)
    counts = (3, 0, 1, 5)
    names = torch.tensor([[APPLE, NO, DOG], [DOG, TREE, NO], [NO] * 3, [TREE, NO, DOG]])
    images = []
    for image, count in enumerate(counts):
        word = torch.tensor([0, 2, 0, 0, 2])[:count] % 3
        own = torch.nn.functional.one_hot(word, 3).tolist()
        number = names[image][word].tolist() if image != 2 else [NO_CATEGORY_REGION]
        images.append((own, number))
    words = texts_of([[1, 1, 1], [1, 1, 0], [1, 1, 1], [1, 1, 1]])
    return regions_of(*images), words, names


def run_rank(rank: int, shares: list, port: int, folder: str) -> None:
    """Compute the loss of a share of the joint batch in a process of its own."""
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    dist.init_process_group('gloo', rank=rank, world_size=len(shares))
    loss = build_loss()
    regions, words, names = joint_batch()
    mine = shares[rank]
    if mine:
        share = images_of(regions, mine), words.select(torch.tensor(mine)), names[mine]
    else:
        words = no_words(words.features, TEXT_DIM)
        share = [], words, torch.zeros_like(words.ids)
    with Waits() as waits:
        value = loss(*share)['loss_inter']
    assert sum(waits.ours.values()) == 1
    assert sum(waits.collectives.values()) <= 4
    value.backward()
    for parameter in loss.parameters():  # as DistributedDataParallel does
        dist.all_reduce(parameter.grad)
        parameter.grad /= len(shares)
    gradients = {name: p.grad for name, p in loss.named_parameters()}
    torch.save((value.detach(), gradients), f'{folder}/{rank}.pth')
    dist.destroy_process_group()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    'shares',
    [[[0, 1], [2, 3]], [[0], [1, 2, 3]], [[0, 1, 2, 3], []], [[], [3, 1], [0, 2]]],
)
def test_processes_equal_one_with_the_joint_batch(shares: list, tmp_path: Path) -> None:
    loss = build_loss()
    expected = loss(*joint_batch())['loss_inter']
    expected.backward()
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        port = server.getsockname()[1]
    mp.spawn(run_rank, (shares, port, str(tmp_path)), nprocs=len(shares))
    found = [torch.load(tmp_path / f'{rank}.pth') for rank in range(len(shares))]
    mean = sum(value for value, _ in found) / len(shares)
    torch.testing.assert_close(mean, expected.detach())
    for name, parameter in loss.named_parameters():
        for _, gradients in found:
            torch.testing.assert_close(gradients[name], parameter.grad)

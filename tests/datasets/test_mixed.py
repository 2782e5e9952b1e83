"""The mixed stream: shares, passes, and draws that depend on their number alone."""

import itertools
import random
from collections import Counter

import numpy as np
import pytest
import torch
from mmdet.registry import DATASETS
from torch.utils.data import DataLoader, Dataset

from glipv2.datasets.mixed import ROUND, MixedDataset, MixtureSampler, shuffled_index


@DATASETS.register_module()
class Numbered(Dataset):
    """Gives its name, the index and what the generators say."""

    metainfo = dict(classes=('dog',))

    def __init__(self, name: str, size: int) -> None:
        self.name, self.size = name, size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> tuple:
        noise = (random.random(), float(np.random.rand()), float(torch.rand(())))
        return self.name, index, noise


def mixed(**changes: object) -> MixedDataset:
    """Mix three sets."""
    sets = [dict(type='Numbered', name=n, size=s) for n, s in zip('abc', (7, 100, 1))]
    return MixedDataset(**{**dict(datasets=sets, weights=[2, 5, 1]), **changes})


@pytest.mark.parametrize('size', [1, 2, 3, 7, 64, 65, 1000])
def test_every_order_is_a_permutation(size: int) -> None:
    orders = [
        [shuffled_index(step, size, (0, 0, passes)) for step in range(size)]
        for passes in range(2)
    ]
    assert all(sorted(order) == list(range(size)) for order in orders)
    if size > 60:
        assert orders[0] != orders[1]
        assert orders[0] != list(range(size))


def test_places_far_into_a_large_set_are_found_at_once() -> None:
    size = 10_000_000
    found = {shuffled_index(step, size, (1, 2, 3)) for step in range(9_999_000, size)}
    assert len(found) == 1000
    assert 0.4 < np.mean(list(found)) / size < 0.6


def test_shares_are_the_weights_and_passes_are_whole() -> None:
    stream = mixed()
    draws = [stream.draw(k) for k in range(2 * ROUND)]
    sets = Counter(chosen for chosen, _ in draws)
    assert [sets[i] for i in range(3)] == [2 * 256, 2 * 640, 2 * 128]
    first = [index for chosen, index in draws if chosen == 0]
    for start in range(0, 70, 7):
        assert sorted(first[start : start + 7]) == list(range(7))
    # Batches are mixed: no long stretch of one set.
    assert max(len(list(run)) for _, run in itertools.groupby(d[0] for d in draws)) < 40


def test_a_tiny_weight_still_has_a_share() -> None:
    assert mixed(weights=[1e-6, 1, 1]).shares[0] == 1
    assert sum(mixed(weights=[1e-6, 1e-6, 5]).shares) == ROUND


def test_a_draw_depends_on_seed_and_number_alone() -> None:
    stream, other = mixed(), mixed()
    later = [other[k] for k in range(1500, 1510)]
    for k in range(1510):
        found = stream[k]
        if k >= 1500:
            assert found == later[k - 1500]
    assert [mixed(seed=1)[k] for k in range(20)] != [mixed()[k] for k in range(20)]


@pytest.mark.parametrize('workers', [0, 2])
def test_skipping_and_workers_do_not_change_the_stream(workers: int) -> None:
    def batches(skip: int, num_workers: int) -> list:
        stream = mixed()
        sampler = MixtureSampler(stream)
        if skip:
            sampler.skip(skip)
        loader = DataLoader(
            stream, 4, sampler=sampler, num_workers=num_workers, collate_fn=list
        )
        return list(itertools.islice(loader, 6))

    assert batches(12, workers) == [*batches(0, 0)[3:], *batches(24, 0)[:3]]


def test_processes_share_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, drawn = mixed(), []
    for rank in range(3):
        monkeypatch.setattr(
            'glipv2.datasets.mixed.get_dist_info', lambda r=rank: (r, 3)
        )
        sampler = MixtureSampler(stream)
        drawn.append(list(itertools.islice(sampler, 4)))
        sampler.skip(2)
        assert list(itertools.islice(sampler, 2)) == drawn[-1][2:]
    assert sorted(itertools.chain(*drawn)) == list(range(12))


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match='3 sets need as many positive weights'):
        mixed(weights=[1, 2])
    with pytest.raises(ValueError, match='positive weights'):
        mixed(weights=[1, 2, 0])
    with pytest.raises(ValueError, match='each set needs samples'):
        mixed(datasets=[Numbered('a', 0)], weights=None)
    with pytest.raises(TypeError, match='MixedDataset, but the data set is Numbered'):
        MixtureSampler(Numbered('a', 3))


def test_looks_like_a_data_set_to_mmengine() -> None:
    stream = mixed(weights=None)
    assert len(stream) == 108
    assert len(MixtureSampler(stream)) == 108
    assert stream.metainfo == dict(classes=('dog',))
    assert max(stream.shares) == stream.shares[1]

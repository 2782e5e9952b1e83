"""Several data sets as one endless stream of draws, by weight."""

import random
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from mmdet.registry import DATA_SAMPLERS, DATASETS
from mmengine.dist import get_dist_info
from torch.utils.data import Dataset, Sampler

# Draws in which every set gets its exact share. Small, to mix batches; large, to give
# rare sets a share (our choice).
ROUND = 1024
_SEED_LIMIT = 1 << 32


@DATASETS.register_module()
class MixedDataset(Dataset):
    """Data sets mixed by weight; draw ``k`` is always the same sample.

    The set, its sample and all random numbers of its transforms depend on the seed
    and ``k`` alone, so the stream is the same for a resumed run and for any number of
    workers or processes. Each pass through a set has every sample once, in a new
    order, which is computed and not stored. Needs ``MixtureSampler``.

    Args:
        datasets: Data sets or their configs, of any kind of sample (class lists,
            captions).
        weights: Share of each set in the draws, in any unit; None: their sizes.
        seed: Seed of the stream.

    Raises:
        ValueError: If there is no set, a set is empty, or a weight is missing or not
            positive.
    """

    def __init__(
        self,
        datasets: Sequence[Mapping | Dataset],
        weights: Sequence[float] | None = None,
        seed: int = 0,
    ) -> None:
        self.datasets = [
            DATASETS.build(dataset) if isinstance(dataset, Mapping) else dataset
            for dataset in datasets
        ]
        self.sizes = [len(dataset) for dataset in self.datasets]
        if not self.sizes or 0 in self.sizes:
            raise ValueError(
                f'each set needs samples, but their sizes are {self.sizes}'
            )
        weights = self.sizes if weights is None else weights
        if len(weights) != len(self.sizes) or min(weights) <= 0:
            raise ValueError(
                f'{len(self.sizes)} sets need as many positive weights, but weights '
                f'is {list(weights)}'
            )
        self.seed = seed
        self.shares = _shares(weights)
        self._order: tuple[int, np.ndarray] = (-1, np.empty(0, dtype=np.int64))

    @property
    def metainfo(self) -> dict:
        """Metainfo of the first set."""
        return self.datasets[0].metainfo

    def __len__(self) -> int:
        return sum(self.sizes)

    def draw(self, k: int) -> tuple[int, int]:
        """Compute the set and the sample of a draw.

        Args:
            k: Index of the draw, from 0.

        Returns:
            Index of the set, and of the sample in it.
        """
        number, position = divmod(k, ROUND)
        order = self._round(number)
        chosen = int(order[position])
        earlier = number * self.shares[chosen] + int((order[:position] == chosen).sum())
        passes, step = divmod(earlier, self.sizes[chosen])
        key = (self.seed, chosen, passes)
        return chosen, shuffled_index(step, self.sizes[chosen], key)

    def __getitem__(self, k: int) -> dict:
        """Read the sample of draw ``k``, after its set's transforms."""
        chosen, index = self.draw(k)
        seed_all(self.seed, k)
        return self.datasets[chosen][index]

    def _round(self, number: int) -> np.ndarray:
        if self._order[0] != number:
            sets = np.repeat(np.arange(len(self.shares)), self.shares)
            order = np.random.default_rng((self.seed, number)).permutation(sets)
            self._order = (number, order)
        return self._order[1]


@DATA_SAMPLERS.register_module()
class MixtureSampler(Sampler):
    """An endless sampler of a ``MixedDataset``, for ``IterBasedTrainLoop``.

    Each process gets its own draws. Resuming costs nothing (mmengine's ``skip``).

    Args:
        dataset: The ``MixedDataset``.
        seed: Not used; mmengine passes it. The seed is that of the ``MixedDataset``.

    Raises:
        TypeError: If the data set is of another type.
    """

    def __init__(self, dataset: MixedDataset, seed: int | None = None) -> None:
        if not isinstance(dataset, MixedDataset):
            raise TypeError(
                f'MixtureSampler numbers the draws of a MixedDataset, but the data set '
                f'is {type(dataset).__name__}'
            )
        self.dataset = dataset
        self.rank, self.world_size = get_dist_info()
        self.start = 0

    def __iter__(self) -> Iterator[int]:
        k = self.start * self.world_size + self.rank
        while True:
            yield k
            k += self.world_size

    def __len__(self) -> int:
        return len(self.dataset)

    def skip(self, num_samples: int) -> None:
        """Start after ``num_samples`` draws of this process; mmengine calls this."""
        self.start = num_samples

    def set_epoch(self, epoch: int) -> None:
        """Do nothing: the stream has no epochs."""


def shuffled_index(step: int, size: int, key: Sequence[int]) -> int:
    """Compute one index of a random permutation of ``size`` samples.

    A Feistel network on the next even power of two, applied until its output is below
    ``size`` (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).

    Args:
        step: Position in the permutation.
        size: Number of samples.
        key: Seed of the permutation.

    Returns:
        The sample at that position, 0 to size - 1.
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    keys = np.random.SeedSequence(key).generate_state(6, np.uint64).tolist()
    low = (1 << half) - 1
    value = step
    while True:
        left, right = value >> half, value & low
        for round_key in keys:
            left, right = right, left ^ (_mix(right ^ round_key) & low)
        value = left << half | right
        if value < size:
            return value


def seed_all(*key: int) -> None:
    """Seed the generators of Python, numpy and torch.

    Args:
        *key: Non-negative integers.
    """
    seed = int(np.random.SeedSequence(key).generate_state(1)[0]) % _SEED_LIMIT
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def _mix(value: int) -> int:
    """Spread the bits of a 64-bit number (the finaliser of MurmurHash3)."""
    value &= (1 << 64) - 1
    value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & (1 << 64) - 1
    value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53 & (1 << 64) - 1
    return value ^ value >> 33


def _shares(weights: Sequence[float]) -> list[int]:
    """Divide a round among the sets; each gets at least one draw."""
    exact = np.asarray(weights, dtype=np.float64)
    exact = exact / exact.sum() * ROUND
    shares = np.maximum(np.floor(exact).astype(np.int64), 1)
    while shares.sum() != ROUND:
        if shares.sum() < ROUND:
            shares[np.argmax(exact - shares)] += 1
        else:
            shares[np.argmax(np.where(shares > 1, shares - exact, -np.inf))] -= 1
    return shares.tolist()

"""JointBatch: regions and words of all processes.

For any number of processes, a step waits for the device once and calls four
collectives: for counts, integers, features, and the totals that sums are divided by.
"""

from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import LongTensor, Tensor
from torch.distributed.nn.functional import all_gather


@dataclass(frozen=True)
class Rows:
    """Regions or words of a batch.

    Args:
        features: (n, D) float.
        categories: (n,) int64.
        images: (n,) int64, the image of each, counted over all processes.
    """

    features: Tensor
    categories: LongTensor
    images: LongTensor


class JointBatch:
    """Positions of this process's images, regions and words among those of all.

    Args:
        images: Number of this process's images.
        regions: () int64, number of its regions.
        words: () int64, number of its words.
    """

    def __init__(self, images: int, regions: LongTensor, words: LongTensor) -> None:
        self.several = dist.is_available() and dist.is_initialized()
        self.size = dist.get_world_size() if self.several else 1
        rank = dist.get_rank() if self.several else 0
        own = torch.stack((torch.full_like(regions, images), regions, words))
        # The only wait for the device.
        self.counts: list[list[int]] = torch.stack(self._gather(own)).tolist()
        _, self.regions, self.words = self.counts[rank]
        self.first_image, self.first_region, self.first_word = map(
            sum, zip([0, 0, 0], *self.counts[:rank])
        )

    def join(self, regions: Rows, words: Rows) -> tuple[Rows, Rows]:
        """Concatenate the rows of all processes, with gradients.

        Args:
            regions: Regions of this process.
            words: Words of this process.

        Returns:
            Regions and words of all processes.
        """
        if not self.several:
            return regions, words
        both = (regions, words)
        most = max(1, *(regions + words for _, regions, words in self.counts))
        features = self._padded(torch.cat([x.features for x in both]), most)
        integers = torch.cat([torch.stack((x.categories, x.images), 1) for x in both])
        of_regions, of_words = [], []
        for floats, numbers, (_, num_regions, num_words) in zip(
            all_gather(features), self._gather(self._padded(integers, most)),
            self.counts,
        ):  # fmt: skip
            split = [num_regions, num_words, most - num_regions - num_words]
            for found, x, y in zip(
                (of_regions, of_words), floats.split(split), numbers.split(split)
            ):
                found.append((x, y))
        return tuple(
            Rows(torch.cat(floats), *torch.cat(numbers).unbind(1))
            for floats, numbers in (zip(*found) for found in (of_regions, of_words))
        )

    def total(self, counts: LongTensor) -> LongTensor:
        """Sum counts (n,) int64 over all processes."""
        if self.several:
            counts = counts.clone()
            dist.all_reduce(counts)
        return counts

    def _gather(self, rows: LongTensor) -> list[LongTensor]:
        """Gather the same number of rows from each process, without gradients."""
        if not self.several:
            return [rows]
        parts = [torch.empty_like(rows) for _ in range(self.size)]
        dist.all_gather(parts, rows)
        return parts

    @staticmethod
    def _padded(rows: Tensor, most: int) -> Tensor:
        return torch.cat((rows, rows.new_zeros(most - len(rows), rows.shape[1])))

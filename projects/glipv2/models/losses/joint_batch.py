"""Regions and words of all processes joined, for a loss over the joint batch.

However many processes there are, a step reads one tensor on the host and calls four
collectives: for numbers, integers, features, and sums of what is averaged over.
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
        images: (n,) int64, the image of each, counted through all processes.
    """

    features: Tensor
    categories: LongTensor
    images: LongTensor


class JointBatch:
    """Where this process's images, regions and words stand among those of all.

    Args:
        images: Of this process.
        regions: () int64, its regions.
        words: () int64, its words.
    """

    def __init__(self, images: int, regions: LongTensor, words: LongTensor) -> None:
        self.several = dist.is_available() and dist.is_initialized()
        self.size = dist.get_world_size() if self.several else 1
        rank = dist.get_rank() if self.several else 0
        own = torch.stack((torch.full_like(regions, images), regions, words))
        # The one time that the host waits.
        self.counts: list[list[int]] = torch.stack(self._gather(own)).tolist()
        _, self.regions, self.words = self.counts[rank]
        self.first_image, self.first_region, self.first_word = map(
            sum, zip([0, 0, 0], *self.counts[:rank])
        )

    def join(self, regions: Rows, words: Rows) -> tuple[Rows, Rows]:
        """Put the rows of all processes one below the other, with their gradients.

        Args:
            regions: Of this process.
            words: Of this process.

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
        """Add numbers up over the processes.

        Args:
            counts: (n,) int64 of this process.

        Returns:
            (n,) int64 of all processes.
        """
        if self.several:
            counts = counts.clone()
            dist.all_reduce(counts)
        return counts

    def _gather(self, rows: LongTensor) -> list[LongTensor]:
        """Collect equally many rows of each process, without gradients."""
        if not self.several:
            return [rows]
        parts = [torch.empty_like(rows) for _ in range(self.size)]
        dist.all_gather(parts, rows)
        return parts

    @staticmethod
    def _padded(rows: Tensor, most: int) -> Tensor:
        return torch.cat((rows, rows.new_zeros(most - len(rows), rows.shape[1])))

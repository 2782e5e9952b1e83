"""The shape of a branch: what a detector does for one kind of task."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from mmdet.structures import SampleList
from torch import Tensor


class Branch(ABC):
    """Losses and predictions of one kind of task, from the pyramid on."""

    @property
    @abstractmethod
    def learns(self) -> bool:
        """Whether its losses train anything."""

    def loss(
        self,
        pyramid: Sequence[Tensor],
        samples: SampleList,
        input_size: tuple[int, int],
        elsewhere: bool,
    ) -> dict[str, Tensor]:
        """Compute the losses.

        Args:
            pyramid: O0 of the samples' images, levels (B, C, H_i, W_i).
            samples: B samples of the branch's task; B may be 0.
            input_size: (H, W) of the images in pixels.
            elsewhere: Whether, with B = 0, another process has such samples and waits
                for this one in collectives.

        Returns:
            The losses by name; the same names and zeros without a sample.

        Raises:
            ValueError: If a text or a ground truth is unusable (names the image).
        """
        if samples:
            return self._losses(pyramid, samples, input_size)
        return self._no_losses(pyramid, elsewhere)

    @abstractmethod
    def _losses(
        self,
        pyramid: Sequence[Tensor],
        samples: SampleList,
        input_size: tuple[int, int],
    ) -> dict[str, Tensor]:
        """Compute the losses of B > 0 samples."""

    @abstractmethod
    def _no_losses(
        self, pyramid: Sequence[Tensor], elsewhere: bool
    ) -> dict[str, Tensor]:
        """Take part in the collectives of :meth:`_losses`, in their order."""

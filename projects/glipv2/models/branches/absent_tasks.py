"""Steps in which a process has no sample of a task that others have.

Processes that train one model meet in collectives: in the normalisers of losses, in the
gradients of every parameter and, where the model is divided (FSDP), in every call of a
unit. A process without samples takes part in all of them with zeros, which change no
loss.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import BoolTensor, LongTensor, Tensor, nn

from ...structures.word_features import WordFeatures
from ...text.tasks import TaskRows
from ..device.divided import is_divided
from ..language_models.text_encoder import TextEncoder

LEAST_SIDE = 2  # of the coarsest level of a pyramid for the collectives alone


@dataclass(frozen=True)
class Absent:
    """Tasks that this process has no sample of.

    Args:
        here: Whether there is any such task.
        boxes: Whether this process has no samples with boxes, and has to call the
            units of a divided model with another one that has.
        answers: Likewise for questions.
        captions: Likewise for captions.
    """

    here: bool
    boxes: bool
    answers: bool
    captions: bool


def absent_tasks(rows: TaskRows, model: nn.Module, device: torch.device) -> Absent:
    """Find out which tasks this process has no sample of.

    Args:
        rows: This process's samples by task.
        model: The detector.
        device: Of the one collective, which there is if the model is divided.

    Returns:
        The absent tasks.
    """
    lacks = [not x for x in (rows.boxes, rows.answers, rows.captions)]
    if not is_divided(model):
        return Absent(any(lacks), False, False, False)
    present = 1 - torch.tensor(lacks, dtype=torch.uint8, device=device)
    dist.all_reduce(present, dist.ReduceOp.MAX)
    return Absent(
        any(lacks), *(lack and bool(x) for lack, x in zip(lacks, present.tolist()))
    )


def least_pyramid(pyramid: Sequence[Tensor]) -> list[Tensor]:
    """Make the smallest pyramid, to call the units of a fusion with.

    Args:
        pyramid: O0, levels (B, C, H_i, W_i).

    Returns:
        Levels (1, C, s, s), zero; s is 2 at the coarsest and doubles from there.
    """
    sides = [LEAST_SIDE << level for level in range(len(pyramid))]
    return [
        x.new_zeros(1, x.shape[1], side, side)
        for x, side in zip(pyramid, reversed(sides))
    ]


def least_text(device: torch.device) -> tuple[LongTensor, BoolTensor]:
    """Make token ids (1, 1) and the mask of real tokens (1, 1) of the shortest text."""
    ids = torch.zeros(1, 1, dtype=torch.long, device=device)
    return ids, torch.ones_like(ids, dtype=torch.bool)


def least_words(
    encoder: TextEncoder, device: torch.device, elsewhere: bool
) -> WordFeatures | None:
    """Take part in the collectives of ``encoder.encode`` without a text.

    Args:
        encoder: The text encoder.
        device: Of the words.
        elsewhere: As in :meth:`Branch.loss`.

    Returns:
        P0 of the shortest text if ``elsewhere``, else None.
    """
    words = encoder(*least_text(device)) if elsewhere else None
    encoder.prompt_offsets.register_none()
    return words


class _ZeroGradients(torch.autograd.Function):
    """Zero, with a zero gradient for each parameter."""

    @staticmethod
    def forward(ctx: object, *parameters: Tensor) -> Tensor:
        ctx.save_for_backward(*parameters)
        return parameters[0].new_zeros((), dtype=torch.float32)

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> tuple[Tensor, ...]:
        return tuple(torch.zeros_like(x) for x in ctx.saved_tensors)


def zero_of_parameters(model: nn.Module) -> Tensor:
    """Make a zero that depends on every trained parameter of a model.

    Added to a loss, it gives parts that a batch did not use the gradient that
    distributed training waits for.
    """
    return _ZeroGradients.apply(*(x for x in model.parameters() if x.requires_grad))

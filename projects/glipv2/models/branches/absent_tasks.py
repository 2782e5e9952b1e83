"""Steps in which a process has no sample of a task that others have.

Processes that train one model meet in collectives: in normalisers of losses, in the
gradients of every parameter and, where the model is divided (FSDP), in every call of a
unit. A process without samples takes part in all of them with zeros; no image and no
word is made up for it, so it adds nothing to anybody's loss.
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

LEAST_SIDE = 2  # of the coarsest level that is computed for the collectives alone


@dataclass(frozen=True)
class Absent:
    """Tasks that this process has no sample of.

    Args:
        here: Whether there is any such task.
        boxes: Whether another process that this one has to keep step with has samples
            with boxes, and this one has none.
        answers: Likewise, questions.
        captions: Likewise, captions.
    """

    here: bool
    boxes: bool
    answers: bool
    captions: bool


def absent_tasks(rows: TaskRows, model: nn.Module, device: torch.device) -> Absent:
    """Find out which tasks a step lacks.

    Args:
        rows: This process's samples.
        model: The detector.
        device: Of the collective; there is a small one if the model is divided.

    Returns:
        What is absent.
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
    """Make a small pyramid, for a call of a fusion's units alone.

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
    """Make the shortest text.

    Args:
        device: Of the text.

    Returns:
        Token ids (1, 1) and the mask of real tokens (1, 1).
    """
    ids = torch.zeros(1, 1, dtype=torch.long, device=device)
    return ids, torch.ones_like(ids, dtype=torch.bool)


def least_words(
    encoder: TextEncoder, device: torch.device, elsewhere: bool
) -> WordFeatures | None:
    """Do what ``encoder.encode`` makes processes wait for, without a text.

    Args:
        encoder: The text encoder.
        device: Of the words.
        elsewhere: Whether its units have to be called, because others call them.

    Returns:
        P0 of the shortest text; None if nobody needs it.
    """
    words = encoder(*least_text(device)) if elsewhere else None
    encoder.prompt_offsets.take_no_place()
    return words


class _Touch(torch.autograd.Function):
    """Zero, with a zero gradient for each parameter."""

    @staticmethod
    def forward(ctx: object, *parameters: Tensor) -> Tensor:
        ctx.save_for_backward(*parameters)
        return parameters[0].new_zeros((), dtype=torch.float32)

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> tuple[Tensor, ...]:
        return tuple(torch.zeros_like(x) for x in ctx.saved_tensors)


def touch(model: nn.Module) -> Tensor:
    """Make a zero that depends on every trained parameter.

    Added to a loss, it gives a gradient to parts that a batch did not use, which
    distributed training waits for.

    Args:
        model: The model.

    Returns:
        Zero, a scalar.
    """
    return _Touch.apply(*(x for x in model.parameters() if x.requires_grad))

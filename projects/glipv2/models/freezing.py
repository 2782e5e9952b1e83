"""Training some parts of a model only."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

# What lies below the heads: without any of these, heads train on fixed features.
TRUNK = ('backbone', 'neck', 'text_encoder', 'fusion_neck')


def freeze_others(model: nn.Module, train_only: Sequence[str]) -> None:
    """Freeze all parts but some.

    Args:
        model: The detector.
        train_only: Names of its parts; none: nothing is frozen.

    Raises:
        ValueError: If the model has no such part.
    """
    if not train_only:
        return
    parts = dict(model.named_children())
    unknown = [name for name in train_only if name not in parts]
    if unknown:
        raise ValueError(
            f'train_only names {unknown[0]!r}, but the parts of this model are '
            f'{", ".join(parts)}'
        )
    for name, part in parts.items():
        if name not in train_only:
            part.requires_grad_(False)


def trains(part: str, train_only: Sequence[str]) -> bool:
    """Tell whether a part is trained.

    Args:
        part: Its name.
        train_only: As of :func:`freeze_others`.

    Returns:
        Whether it is.
    """
    return not train_only or part in train_only


def trains_trunk(train_only: Sequence[str]) -> bool:
    """Tell whether anything below the heads is trained.

    Args:
        train_only: As of :func:`freeze_others`.

    Returns:
        Whether it is.
    """
    return any(trains(part, train_only) for part in TRUNK)


def touch(model: nn.Module) -> Tensor:
    """Make a zero that depends on every trained parameter.

    Added to a loss, it gives a gradient to parts that a batch did not use, which
    distributed training waits for.

    Args:
        model: The model.

    Returns:
        Zero, a scalar.
    """
    trained = [x.sum() for x in model.parameters() if x.requires_grad]
    return 0 * torch.stack(trained).sum()

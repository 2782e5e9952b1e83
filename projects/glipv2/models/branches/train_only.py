"""Training some parts of a model only, and the transfer modes that do so."""

from collections.abc import Sequence

from torch import nn

# What lies below the heads: without any of these, heads train on fixed features.
TRUNK = ('backbone', 'neck', 'text_encoder', 'fusion_neck')

# What each way of transfer trains (GLIP section 5); no name: everything.
TRANSFER_MODES: dict[str, tuple[str, ...]] = {
    'full': (),
    'prompt': ('text_encoder.prompt_offsets',),  # language_prompt_v2 of GLIP's code
    # linear_prob of GLIP's code. Its per-level box scales stay as they are.
    'linear': (
        'bbox_head.bbox_pred',
        'bbox_head.centerness',
        'bbox_head.text_projection',
        'bbox_head.log_scale',
        'bbox_head.bias_lang',
        'bbox_head.bias0',
    ),
}


def parts_of_mode(transfer_mode: str) -> tuple[str, ...]:
    """Look up what a transfer mode trains.

    Args:
        transfer_mode: ``'full'``, ``'prompt'`` or ``'linear'``.

    Returns:
        Names of parts, as of :func:`freeze_others`.

    Raises:
        ValueError: If there is no such mode.
    """
    if transfer_mode not in TRANSFER_MODES:
        raise ValueError(
            f'transfer_mode must be one of {", ".join(TRANSFER_MODES)}, not '
            f'{transfer_mode!r}'
        )
    return TRANSFER_MODES[transfer_mode]


def freeze_others(model: nn.Module, train_only: Sequence[str]) -> None:
    """Freeze everything but some parts.

    Args:
        model: The detector.
        train_only: Names of its parts, or dotted names of modules or parameters in
            them (``'bbox_head.bbox_pred'``); none: nothing is frozen.

    Raises:
        ValueError: If the model has no such part, or it has no weights.
    """
    if not train_only:
        return
    # Stages that a config froze inside a named part stay frozen.
    wanted = {id(weight) for name in train_only for weight in _weights_of(model, name)}
    for weight in model.parameters():
        if id(weight) not in wanted:
            weight.requires_grad_(False)


def set_training(model: nn.Module, mode: bool, train_only: Sequence[str]) -> None:
    """Put what is trained into training mode, all else into evaluation mode.

    Args:
        model: The detector.
        mode: Whether to train.
        train_only: As of :func:`freeze_others`, with at least one name.
    """
    for name, part in model.named_children():
        part.train(mode and name in train_only)
    for name, module in model.named_modules():
        if '.' in name and name in train_only:
            module.train(mode)


def trains(part: str, train_only: Sequence[str]) -> bool:
    """Tell whether a part, or something in it, is trained.

    Args:
        part: Its name.
        train_only: As of :func:`freeze_others`.

    Returns:
        Whether it is.
    """
    return not train_only or any(name.split('.')[0] == part for name in train_only)


def trains_trunk(train_only: Sequence[str]) -> bool:
    """Tell whether anything below the heads is trained.

    Args:
        train_only: As of :func:`freeze_others`.

    Returns:
        Whether it is.
    """
    return any(trains(part, train_only) for part in TRUNK)


def needs_loss(head: str, train_only: Sequence[str]) -> bool:
    """Tell whether a head's losses teach anything.

    Args:
        head: Its name.
        train_only: As of :func:`freeze_others`.

    Returns:
        Whether the head, or what it stands on, is trained.
    """
    return trains(head, train_only) or trains_trunk(train_only)


def _weights_of(model: nn.Module, name: str) -> list[nn.Parameter]:
    modules, weights = dict(model.named_modules()), dict(model.named_parameters())
    if name in weights:
        return [weights[name]]
    if name in modules:
        found = list(modules[name].parameters())
        if not found:
            hint = '; set text_encoder.tuned_prompts=1' if 'prompt' in name else ''
            raise ValueError(f'train_only names {name!r}, which has no weights{hint}')
        return found
    top = name.split('.')[0]
    owner, where = (modules[top], top) if top in modules else (model, 'this model')
    raise ValueError(
        f'train_only names {name!r}, but the parts of {where} are '
        f'{", ".join(child for child, _ in owner.named_children())}'
    )

"""TrainOnly: training some parts of a model, and the transfer modes."""

from collections.abc import Sequence

import torch
from torch import nn

# The parts below the heads; if none is trained, the input of the heads is fixed.
TRUNK = ('backbone', 'neck', 'text_encoder', 'fusion_neck')

# What each transfer mode trains (GLIP section 5); no name: everything.
TRANSFER_MODES: dict[str, tuple[str, ...]] = {
    'full': (),
    'prompt': ('text_encoder.prompt_offsets',),  # language_prompt_v2 of GLIP's code
    # linear_prob of GLIP's code, which keeps the box scales of the levels.
    'linear': (
        'bbox_head.bbox_pred',
        'bbox_head.centerness',
        'bbox_head.text_projection',
        'bbox_head.log_scale',
        'bbox_head.bias_lang',
        'bbox_head.bias0',
    ),
}


class TrainOnly:
    """Which parts of a detector are trained; all others are frozen.

    Args:
        names: Its parts, or modules or parameters in them by dotted names
            (``'bbox_head.bbox_pred'``); none: everything is trained.
        transfer_mode: ``'full'``, ``'prompt'`` or ``'linear'`` instead of names.

    Raises:
        ValueError: If there is no such mode.
    """

    def __init__(
        self, names: Sequence[str] = (), transfer_mode: str | None = None
    ) -> None:
        if transfer_mode is not None and transfer_mode not in TRANSFER_MODES:
            raise ValueError(
                f'transfer_mode must be one of {", ".join(TRANSFER_MODES)}, not '
                f'{transfer_mode!r}'
            )
        self.names = tuple(names)
        if transfer_mode is not None:
            self.names = TRANSFER_MODES[transfer_mode]

    def freeze(self, model: nn.Module) -> None:
        """Freeze everything else.

        Args:
            model: The detector.

        Raises:
            ValueError: If the model has no such part, or it has no weights.
        """
        if not self.names:
            return
        # Stages of a named part that its config froze stay frozen.
        wanted = {
            id(weight) for name in self.names for weight in _weights_of(model, name)
        }
        for weight in model.parameters():
            if id(weight) not in wanted:
                weight.requires_grad_(False)

    def set_training(self, model: nn.Module, mode: bool) -> None:
        """Put everything else into evaluation mode.

        Args:
            model: The detector, already in this mode.
            mode: Whether to train.
        """
        if not self.names:
            return
        for name, part in model.named_children():
            part.train(mode and name in self.names)
        for name, module in model.named_modules():
            if '.' in name and name in self.names:
                module.train(mode)

    def trains(self, part: str) -> bool:
        """Whether a part (by its name) or something in it is trained."""
        return not self.names or any(name.split('.')[0] == part for name in self.names)

    @property
    def trains_trunk(self) -> bool:
        """Whether any part below the heads is trained."""
        return any(self.trains(part) for part in TRUNK)

    def needs_loss(self, head: str) -> bool:
        """Whether a head (by its name), or any part below it, is trained."""
        return self.trains(head) or self.trains_trunk

    def trunk_gradients(self) -> torch.set_grad_enabled:
        """Return a context with gradients only if :attr:`trains_trunk`."""
        return torch.set_grad_enabled(torch.is_grad_enabled() and self.trains_trunk)


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

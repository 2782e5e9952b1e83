"""CheckpointGuard: refuse unsafe or unfitting checkpoints in every mmengine run."""

from pathlib import Path
from urllib.parse import urlparse

import torch
from mmdet.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.model import BaseTTAModel, is_model_wrapper
from mmengine.runner import BaseLoop, Runner, find_latest_checkpoint
from torch import nn

from .checkpoint import check_state_dict, load_checkpoint_safely, state_dict_of


@HOOKS.register_module()
class CheckpointGuard(Hook):
    """Check a checkpoint before mmengine loads it.

    mmengine unpickles what it cannot read safely, and continues when most keys do
    not match; both end in surprises after hours.

    Args:
        allow_partial: Whether training may start from weights that lack some of the
            model's keys or have others. Tests and resumed runs are always strict.
    """

    priority = 'VERY_HIGH'

    def __init__(self, allow_partial: bool = False) -> None:
        self.allow_partial = allow_partial

    def before_run(self, runner: Runner) -> None:
        """Refuse an unreadable or unsafe file before anything is loaded.

        Args:
            runner: mmengine's runner.

        Raises:
            FileNotFoundError: If the file is missing.
            ValueError: If it is damaged, needs pickled code or is where it cannot be
                checked.
        """
        source = runner._load_from
        if source is None and runner._resume:
            source = find_latest_checkpoint(runner.work_dir)
        if source is not None:
            load_checkpoint_safely(_local_copy(str(source)))

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Refuse weights of another model before any is copied.

        Args:
            runner: mmengine's runner.
            checkpoint: What was read.

        Raises:
            ValueError: If the weights do not fit (names the first few keys).
        """
        # The loop is built when training starts; a test leaves its config.
        starts_training = isinstance(runner._train_loop, BaseLoop) and not (
            runner._resume
        )
        try:
            check_state_dict(
                _bare_model(runner.model),
                state_dict_of(checkpoint),
                self.allow_partial and starts_training,
            )
        except ValueError as error:
            hint = (
                '. To start training from part of it, set '
                "custom_hooks=[dict(type='CheckpointGuard', allow_partial=True)]"
            )
            raise ValueError(f'{error}{hint if starts_training else ""}') from None


def _bare_model(model: nn.Module) -> nn.Module:
    """Take off what mmengine takes off before it loads weights."""
    while is_model_wrapper(model) or isinstance(model, BaseTTAModel):
        model = model.module
    return model


def _local_copy(source: str) -> Path:
    """Find a checkpoint's file; one of the web goes where mmengine looks first."""
    if source.startswith(('http://', 'https://')):
        file = Path(
            torch.hub.get_dir(), 'checkpoints', Path(urlparse(source).path).name
        )
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(source, str(file), progress=False)
        return file
    if '://' in source:
        raise ValueError(
            f'{source} cannot be checked before it is read; download it, and give the '
            'file'
        )
    return Path(source).expanduser()

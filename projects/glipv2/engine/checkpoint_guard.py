"""CheckpointGuard: refuse unsafe or unfitting checkpoints in every mmengine run."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import torch
from mmdet.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.model import PretrainedInit
from mmengine.runner import BaseLoop, Runner, find_latest_checkpoint
from torch import nn

from ..checkpoint.loading import (
    check_state_dict,
    load_checkpoint_safely,
    state_dict_of,
)
from .bare_model import bare_model

# What mmengine turns into addresses of files that it or torchvision publishes.
MODEL_ZOOS = (
    'modelzoo://', 'torchvision://', 'open-mmlab://', 'openmmlab://', 'mmcls://',
)  # fmt: skip


@HOOKS.register_module()
class CheckpointGuard(Hook):
    """Check a checkpoint before mmengine loads it.

    mmengine unpickles what it cannot read safely, and continues when most keys do
    not match; both end in surprises after hours. Files that parts of the model start
    from (``init_cfg=dict(type='Pretrained', ...)``) are checked before training, too,
    but for those of the model zoos (``torchvision://``, ...).

    Args:
        allow_partial: Whether training may start from weights that lack some of the
            model's keys or have others. Tests and resumed runs are always strict.
    """

    priority = 'VERY_HIGH'

    def __init__(self, allow_partial: bool = False) -> None:
        self.allow_partial = allow_partial
        self.source: str | None = None

    def before_run(self, runner: Runner) -> None:
        """Refuse an unreadable or unsafe file before anything is loaded.

        Raises:
            FileNotFoundError: If the file is missing.
            ValueError: If it is damaged, needs pickled code or is where it cannot be
                checked.
        """
        source = runner._load_from
        if source is None and runner._resume:
            source = find_latest_checkpoint(runner.work_dir)
        if source is not None:
            self.source = str(source)
            load_checkpoint_safely(_local_copy(self.source))
        if _is_training(runner):
            for file in dict.fromkeys(_initial_weights(runner.model)):
                load_checkpoint_safely(_local_copy(file))

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Refuse weights of another model before any is copied.

        Args:
            runner: mmengine's runner.
            checkpoint: Content of the file.

        Raises:
            ValueError: If the weights do not fit (names the file and the first keys).
        """
        starts_training = _is_training(runner) and not runner._resume
        try:
            check_state_dict(
                bare_model(runner.model),
                state_dict_of(checkpoint),
                self.allow_partial and starts_training,
            )
        except ValueError as error:
            hint = (
                '. To start training from part of it, set '
                "custom_hooks=[dict(type='CheckpointGuard', allow_partial=True)]"
            )
            name = f'{self.source}: ' if self.source else ''
            raise ValueError(
                f'{name}{error}{hint if starts_training else ""}'
            ) from None


def _is_training(runner: Runner) -> bool:
    """Recognise training, whose loop is built; in a test it is a config."""
    return isinstance(runner._train_loop, BaseLoop)


def _initial_weights(model: nn.Module) -> Iterator[str]:
    """List the files that ``init_weights`` reads, without those of model zoos."""
    for module in model.modules():
        settings = getattr(module, 'init_cfg', None) or ()
        for each in [settings] if isinstance(settings, dict) else settings:
            if each['type'] in ('Pretrained', PretrainedInit):
                file = str(each['checkpoint'])
                if not file.startswith(MODEL_ZOOS):
                    yield file


def _local_copy(source: str) -> Path:
    """Find a checkpoint's file; a download goes where mmengine looks first."""
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

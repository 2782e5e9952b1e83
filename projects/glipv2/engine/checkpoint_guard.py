"""CheckpointGuard: refuse unsafe or unfitting checkpoints in every mmengine run."""

from pathlib import Path

from mmdet.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner, find_latest_checkpoint

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
            ValueError: If it is damaged or needs pickled code.
        """
        source = runner._load_from
        if source is None and runner._resume:
            source = find_latest_checkpoint(runner.work_dir)
        if source is not None and '://' not in str(source):
            load_checkpoint_safely(Path(source).expanduser())

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Refuse weights of another model before any is copied.

        Args:
            runner: mmengine's runner.
            checkpoint: What was read.

        Raises:
            ValueError: If the weights do not fit (names the first few keys).
        """
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        training = runner._train_loop is not None and not runner._resume
        try:
            check_state_dict(
                model, state_dict_of(checkpoint), self.allow_partial and training
            )
        except ValueError as error:
            hint = (
                '. To start training from part of it, set '
                "custom_hooks=[dict(type='CheckpointGuard', allow_partial=True)]"
            )
            raise ValueError(f'{error}{hint if training else ""}') from None

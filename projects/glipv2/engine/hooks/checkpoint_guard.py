"""CheckpointGuard: refuse weights that do not fit the model in every mmengine run."""

from mmdet.registry import HOOKS
from mmengine.runner import BaseLoop, Runner

from ...checkpoint.loading import check_state_dict, fitting_state, state_dict_of
from ..bare_model import bare_model
from .safe_checkpoints import SafeCheckpoints


@HOOKS.register_module()
class CheckpointGuard(SafeCheckpoints):
    """Check that a checkpoint fits, besides what :class:`SafeCheckpoints` checks.

    mmengine continues when most keys do not match, which ends in surprises after hours.
    Heads of other tasks (``vqa_head.*``) that the model lacks are left out, in one
    line; a resumed run must have the same heads.

    Args:
        allow_partial: Whether training may start from weights that lack some of the
            model's keys or have others. Tests and resumed runs are always strict.
    """

    def __init__(self, allow_partial: bool = False) -> None:
        super().__init__()
        self.allow_partial = allow_partial

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Refuse weights of another model before any is copied.

        Args:
            runner: mmengine's runner.
            checkpoint: Content of the file.

        Raises:
            ValueError: If the weights do not fit (names the file and the first keys).
        """
        super().after_load_checkpoint(runner, checkpoint)
        model = bare_model(runner.model)
        state = state_dict_of(checkpoint)
        # In a test the loop is a config.
        is_training = isinstance(runner._train_loop, BaseLoop)
        starts_training = is_training and not runner._resume
        try:
            if runner._resume:
                check_state_dict(model, state)
            else:
                may_lack = self.allow_partial and is_training
                checkpoint['state_dict'] = fitting_state(model, state, may_lack)
        except ValueError as error:
            hint = (
                '. To start training from part of it, set '
                "custom_hooks=[dict(type='CheckpointGuard', allow_partial=True)]"
            )
            name = f'{runner._load_from}: ' if runner._load_from else ''
            raise ValueError(
                f'{name}{error}{hint if starts_training else ""}'
            ) from None

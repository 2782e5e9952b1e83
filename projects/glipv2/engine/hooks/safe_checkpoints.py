"""SafeCheckpoints: refuse damaged or unsafe files in every mmengine run."""

from pathlib import Path

from mmdet.registry import HOOKS
from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...checkpoint.newest import newest_readable
from ..bare_model import bare_model
from ..checked_weights import check_all_weights
from ..left_out import complete_state


@HOOKS.register_module()
class SafeCheckpoints(Hook):
    """Read each checkpoint safely where mmengine would unpickle what it cannot read.

    That holds for all files that the process reads from when the hook is built, those
    that parts of a model start from (``init_cfg=dict(type='Pretrained', ...)``) too,
    but for those of the model zoos (``torchvision://``, ...). A run that is resumed
    without a file's name goes on from the newest checkpoint that is not damaged.
    """

    priority = 'VERY_HIGH'

    def __init__(self) -> None:
        check_all_weights()

    def before_run(self, runner: Runner) -> None:
        """Find the checkpoint from which a run without a file's name goes on.

        Raises:
            ValueError: If no checkpoint can be read.
        """
        if runner._resume and _source(runner) is None:
            # mmengine would read `last_checkpoint` alone.
            runner._load_from = _newest_for_all(runner)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add what a released file leaves to an installed package.

        Args:
            runner: mmengine's runner.
            checkpoint: Content of the file.

        Raises:
            ValueError: If the installed package has other weights, or a run shall be
                resumed from weights alone.
        """
        _check_resumable(checkpoint, runner)
        meta = checkpoint.get('meta', {})
        if meta.get('left_out'):
            model = bare_model(runner.model)
            checkpoint['state_dict'] = complete_state(model, checkpoint)
            meta['left_out'] = {}  # another guard has nothing left to add


def _check_resumable(checkpoint: dict, runner: Runner) -> None:
    if runner._resume and not {'optimizer', 'message_hub'} & checkpoint.keys():
        raise ValueError(
            f'{_source(runner)} holds weights without the state of a training, so '
            'nothing can be resumed from it; start from it with load_from, without '
            '--resume'
        )


def _source(runner: Runner) -> str | None:
    # FlexibleRunner takes a file's name for `resume`, too.
    return runner._resume if isinstance(runner._resume, str) else runner._load_from


def _newest_for_all(runner: Runner) -> str | None:
    """Let the main process choose: all have to resume from the same file."""
    found: list[str | None] = [None, None]
    if is_main_process():
        try:
            path = newest_readable(Path(runner.work_dir), runner.logger.warning)
            found[0] = None if path is None else str(path)
        except ValueError as error:
            found[1] = str(error)
    broadcast_object_list(found)
    if found[1] is not None:
        raise ValueError(found[1])
    return found[0]

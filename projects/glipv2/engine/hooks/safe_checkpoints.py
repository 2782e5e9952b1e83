"""SafeCheckpoints: refuse damaged or unsafe files in every mmengine run."""

from collections.abc import Mapping
from pathlib import Path

from mmdet.registry import HOOKS
from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, CheckpointLoader, Runner

from ...checkpoint.loading import load_checkpoint_safely
from ...checkpoint.newest import newest_readable
from ...checkpoint.release_file import SUFFIX
from ..bare_model import bare_model
from ..checked_weights import check_initial_weights, local_copy
from ..left_out import complete_state


@CheckpointLoader.register_scheme(rf'.*\{SUFFIX}$', force=True)
def load_from_safetensors(filename: str, map_location: object = None) -> dict:
    """Read a released file where mmengine reads checkpoints.

    Args:
        filename: The file.
        map_location: Not used: the content is on the CPU.
    """
    return load_checkpoint_safely(filename)


@HOOKS.register_module()
class SafeCheckpoints(Hook):
    """Read each checkpoint safely before mmengine does, which unpickles what it cannot.

    Files that parts of the model start from (``init_cfg=dict(type='Pretrained', ...)``)
    are checked before training, too, but for those of the model zoos
    (``torchvision://``, ...). A run that is resumed without a file's name goes on from
    the newest checkpoint that is not damaged.
    """

    priority = 'VERY_HIGH'

    def before_run(self, runner: Runner) -> None:
        """Refuse an unreadable or unsafe file before anything is loaded.

        Raises:
            FileNotFoundError: If the file is missing.
            ValueError: If it is damaged, needs pickled code or is where it cannot be
                checked; if a run is to be resumed and no checkpoint can be read.
        """
        if next(each for each in runner.hooks if isinstance(each, SafeCheckpoints)) is (
            self
        ):
            self._check(runner)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add what a released file leaves to an installed package.

        Args:
            runner: mmengine's runner.
            checkpoint: Content of the file.

        Raises:
            ValueError: If the installed package has other weights.
        """
        meta = checkpoint.get('meta', {})
        if meta.get('left_out'):
            model = bare_model(runner.model)
            checkpoint['state_dict'] = complete_state(model, checkpoint)
            meta['left_out'] = {}  # another guard has nothing left to add

    def _check(self, runner: Runner) -> None:
        # FlexibleRunner takes a file's name for `resume`, too.
        named = runner._resume if isinstance(runner._resume, str) else None
        source = named or runner._load_from
        if source is not None:
            file = local_copy(str(source))
            _check_resumable(load_checkpoint_safely(file), file, bool(runner._resume))
            if named is None:
                runner._load_from = str(file)  # mmengine knows no names
        elif runner._resume:
            newest = _newest_for_all(runner)
            # mmengine would read `last_checkpoint` alone.
            runner._load_from = newest
        if _is_training(runner):
            check_initial_weights(runner.model)


def _check_resumable(checkpoint: Mapping, file: Path, resumes: bool) -> None:
    if resumes and 'optimizer' not in checkpoint and 'message_hub' not in checkpoint:
        raise ValueError(
            f'{file} holds weights without the state of a training, so nothing can be '
            'resumed from it; start from it with load_from, without --resume'
        )


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


def _is_training(runner: Runner) -> bool:
    """Recognise training, whose loop is built; in a test it is a config."""
    return isinstance(runner._train_loop, BaseLoop)

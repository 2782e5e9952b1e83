"""KeepCheckpoints: mmengine's CheckpointHook, but a whole file is there at any time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmdet.registry import HOOKS
from mmengine.dist import is_main_process
from mmengine.fileio import LocalBackend
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner
from torch import Tensor

from ...checkpoint.newest import LAST
from ...checkpoint.release_file import SUFFIX, write_release
from ...checkpoint.whole_files import publish, remove
from ...whole_file import PART, part_of, write_whole
from ..release_config import release_config

LEAST = 2  # checkpoints on the disk: one may be damaged


@HOOKS.register_module()
class KeepCheckpoints(CheckpointHook):
    """Writes a checkpoint first and removes an older one then.

    A file gets its name when it is whole and on the disk, with its size and SHA-256 in
    ``NAME.pth.sum``; reading checks them. Files go to local folders; with another
    backend all is as in mmengine.

    Args:
        max_keep_ckpts: As in mmengine, but at least two are kept.
        safetensors: Whether weights and config are also written as a file to give away,
            ``NAME.safetensors`` beside ``NAME.pth`` (local folders only); ``--resume``
            reads the ``.pth``.
        **kwargs: As in mmengine.
    """

    def __init__(
        self, max_keep_ckpts: int = -1, safetensors: bool = False, **kwargs: Any
    ) -> None:
        if max_keep_ckpts > 0:
            max_keep_ckpts = max(LEAST, max_keep_ckpts)
        super().__init__(max_keep_ckpts=max_keep_ckpts, **kwargs)
        self.safetensors = safetensors
        self._weights: dict[str, Tensor] = {}

    def before_train(self, runner: Runner) -> None:
        """Remove what a kill left half written."""
        super().before_train(runner)
        self.is_local = type(self.file_backend) is LocalBackend
        if self.is_local and is_main_process():
            for folder in dict.fromkeys([self.out_dir, runner.work_dir]):
                for part in Path(folder).glob(f'*{PART}'):
                    part.unlink()

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Remember the weights as the hooks before this one made them (EMA's, too)."""
        if self.safetensors:
            self._weights = checkpoint['state_dict']

    def save_now(self, runner: Runner) -> str:
        """Save a checkpoint after this step, in the middle of an epoch or not.

        Args:
            runner: mmengine's runner.

        Returns:
            The file's path.
        """
        step = runner.iter + 1
        name = f'{runner.epoch}_iter_{step}' if self.by_epoch else step
        by_epoch, self.by_epoch = self.by_epoch, False  # how steps are counted
        try:
            meta = dict(epoch=runner.epoch, iter=step)
            self._save_checkpoint_with_step(runner, name, meta)
        finally:
            self.by_epoch = by_epoch
        return self.last_ckpt

    def _save_checkpoint_with_step(
        self, runner: Runner, step: int | str, meta: dict
    ) -> None:
        if not self.is_local:
            super()._save_checkpoint_with_step(runner, step, meta)
            return
        outdated: list[int | str] = []
        if self.max_keep_ckpts > 0:
            kept = [each for each in self.keep_ckpt_ids if each != step] + [step]
            outdated = kept[: -self.max_keep_ckpts]
            self.keep_ckpt_ids.clear()
            self.keep_ckpt_ids.extend(kept[-self.max_keep_ckpts :])
            runner.message_hub.update_info('keep_ckpt_ids', list(self.keep_ckpt_ids))
        name = self.filename_tmpl.format(step)
        self.last_ckpt = str(Path(self.out_dir, name))
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        self._whole_files(runner).save_checkpoint(
            self.out_dir,
            name,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            **self.args,
        )
        if is_main_process():
            write_whole(Path(runner.work_dir, LAST), self.last_ckpt.encode())
            for each in outdated:
                self._remove(Path(self.out_dir, self.filename_tmpl.format(each)))

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        if not self.is_local:
            super()._save_best_checkpoint(runner, metrics)
            return
        before = self._best_files()
        self.file_backend = _Keeps()
        try:
            super()._save_best_checkpoint(self._whole_files(runner), metrics)
        finally:
            self.file_backend = LocalBackend()
        if is_main_process():
            for file in before - self._best_files():
                self._remove(Path(file))

    def _whole_files(self, runner: 'Runner | _WholeFiles') -> '_WholeFiles':
        # After a new best, mmengine saves the last checkpoint again: with what
        # _save_best_checkpoint was given.
        if isinstance(runner, _WholeFiles):
            return runner
        return _WholeFiles(runner, self._release if self.safetensors else None)

    def _release(self, runner: Runner, path: Path) -> None:
        """Write the weights of the checkpoint that was just saved, and the config."""
        weights, self._weights = self._weights, {}
        file = path.with_suffix(SUFFIX)
        text = release_config(runner.cfg).pretty_text
        write_release(part_of(file), weights, text)
        publish(file)

    def _remove(self, path: Path) -> None:
        remove(path)
        if self.safetensors:
            remove(path.with_suffix(SUFFIX))

    def _best_files(self) -> set[str]:
        if not self.save_best:
            return set()
        if len(self.key_indicators) == 1:
            found = [self.best_ckpt_path]
        else:
            found = list(self.best_ckpt_path_dict.values())
        return {str(path) for path in found if path}


class _Keeps(LocalBackend):
    """Local files of which none is removed yet."""

    def isfile(self, filepath: str | Path) -> bool:
        """Say that there is nothing to remove."""
        return False


class _WholeFiles:
    """A runner whose checkpoints get their names when they are whole."""

    def __init__(
        self, runner: Runner, release: Callable[[Runner, Path], None] | None
    ) -> None:
        self._runner = runner
        self._release = release

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runner, name)

    def save_checkpoint(self, out_dir: str, filename: str, **kwargs: Any) -> None:
        """Save a checkpoint.

        Args:
            out_dir: A local folder.
            filename: The file's name.
            **kwargs: As of mmengine's runner.

        Raises:
            OSError: If it cannot be written (names what to do).
        """
        path = Path(out_dir, filename)
        part = part_of(path)
        try:
            self._runner.save_checkpoint(out_dir, part.name, **kwargs)
            if is_main_process():
                publish(path)
                if self._release is not None:
                    self._release(self._runner, path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise OSError(
                f'the checkpoint {path} cannot be written ({error.strerror or error}); '
                'those before it are whole. Mend that, and go on with --resume'
            ) from error

"""WritePromptFile: prompt tuning as a small file; all other weights stay."""

import hashlib
from pathlib import Path

from mmdet.registry import HOOKS
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn

from ..bare_model import bare_model

TUNED = 'text_encoder.prompt_offsets.'
BEST = 'best_prompt_score'  # in the message hub, so that a resumed run knows it


@HOOKS.register_module()
class WritePromptFile(Hook):
    """Keeps the best offsets of prompt tuning, and checks that nothing else changed.

    Args:
        name: Of the task; the file is ``prompt_NAME.pth`` in the work dir.
        monitor: Validation score of the offsets; the greatest is the best. Without
            validation the last offsets are written.
    """

    priority = 'LOW'

    def __init__(self, name: str, monitor: str = 'coco/bbox_mAP') -> None:
        self.name = name
        self.monitor = monitor
        self.best: float | None = None
        self._frozen: dict[str, str] = {}

    def before_train(self, runner: Runner) -> None:
        """Remember every frozen weight, and the best score of a resumed run."""
        self._frozen = fingerprints(bare_model(runner.model))
        self.best = runner.message_hub.get_info(BEST)

    def after_val_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Write the offsets if they are the best so far.

        Args:
            runner: mmengine's runner.
            metrics: Scores of the validation.
        """
        score = (metrics or {}).get(self.monitor)
        if not self._frozen or score is None:  # a test, or another metric
            return
        if self.best is None or score > self.best:
            self.best = score
            runner.message_hub.update_info(BEST, score)
            self._write(runner)

    def after_train(self, runner: Runner) -> None:
        """Check the frozen weights; write the offsets if no validation did.

        Raises:
            RuntimeError: If a frozen weight or statistic changed (names it).
        """
        now = fingerprints(bare_model(runner.model))
        changed = [key for key, value in self._frozen.items() if now[key] != value]
        if changed:
            raise RuntimeError(
                f'prompt tuning changed {len(changed)} weights that are frozen, '
                f'{changed[0]} first: some hook or batch norm trains them'
            )
        if self.best is None:
            self._write(runner)

    def _write(self, runner: Runner) -> None:
        if is_main_process():
            path = Path(runner.work_dir) / f'prompt_{self.name}.pth'
            texts = runner.train_dataloader.dataset.metainfo.get('classes', ())
            offsets = bare_model(runner.model).text_encoder.prompt_offsets
            offsets.save(path, self.name, texts)
            runner.logger.info(f'prompt offsets are in {path}')


def fingerprints(model: nn.Module) -> dict[str, str]:
    """Hash every weight and buffer but the tuned offsets.

    Returns:
        Per key of its state dict a hash of the bits.
    """
    return {
        key: hashlib.blake2b(value.detach().cpu().numpy().tobytes()).hexdigest()
        for key, value in model.state_dict().items()
        if not key.startswith(TUNED)
    }

"""How many items of the training data were skipped, in the log."""

from mmdet.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...datasets.bad_items import BadItems
from ..leaf_datasets import leaf_datasets


@HOOKS.register_module()
class CountSkipped(Hook):
    """Logs ``skipped``: what data sets and transforms with ``on_bad='skip'`` left out.

    The number is that of the process that logs and of its workers, since they started.
    """

    def __init__(self) -> None:
        self._parts: list[BadItems] = []

    def before_train(self, runner: Runner) -> None:
        """Find the parts that may skip."""
        parts = [
            part
            for dataset in leaf_datasets(runner.train_dataloader.dataset)
            for part in (dataset, *dataset.pipeline.transforms)
        ]
        self._parts = [
            part
            for part in parts
            if isinstance(part, BadItems) and part.on_bad == 'skip'
        ]

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Hand the number to the log."""
        if self._parts:
            count = sum(part.num_skipped for part in self._parts)
            runner.message_hub.update_scalar('train/skipped', count)

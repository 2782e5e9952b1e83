"""Random numbers of a training step that follow from its number."""

from mmdet.registry import HOOKS
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...datasets.mixed import seed_all


@HOOKS.register_module()
class SeedEachStep(Hook):
    """Seeds every step by the run's seed, the step and the process.

    Dropout, hidden words and drawn regions of a resumed run are then those of the
    uninterrupted one; checkpoints hold no generator state.
    """

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Seed the generators."""
        seed_all(runner.seed, runner.iter, get_rank())

"""A finished run, tested on the validation splits of EmojiScenes."""

from collections.abc import Mapping
from pathlib import Path

from mmengine.config import Config, ConfigDict
from mmengine.runner import Runner, TestLoop

from .scripts import last_checkpoint

# Each split and the folder of its images.
SPLITS = {'val': 'val', 'val_unseen': 'val_unseen'}
STYLE_AND_WORDS = {'val_style': 'val_style', 'val_words': 'val'}
# What tables call them.
TITLES = {
    'val': '`val`: 40 trained categories',
    'val_unseen': '`val_unseen`: 40 categories never trained',
}


def finished_run(work_dir: Path, config_name: str) -> Runner:
    """Load what a run trained.

    Args:
        work_dir: Of the run; its config is in it.
        config_name: File name of the config.

    Returns:
        A runner with the weights of the last checkpoint.
    """
    config = Config.fromfile(work_dir / config_name)
    config.load_from = str(last_checkpoint(work_dir))
    config.resume, config.work_dir = False, str(work_dir / 'test')
    runner = Runner.from_cfg(config)
    runner.load_or_resume()
    runner.call_hook('before_run')
    return runner


def measure_splits(
    runner: Runner, splits: Mapping[str, str] = SPLITS
) -> dict[str, float]:
    """Measure validation splits.

    Args:
        runner: Of :func:`finished_run`.
        splits: Each split and the folder of its images.

    Returns:
        The figures of ``test_evaluator``, as ``SPLIT/coco/bbox_mAP``.
    """
    config, found = runner.cfg, {}
    for split, images in splits.items():
        annotations = f'annotations/instances_{split}.json'
        dataset, evaluator = config.test_dataloader.dataset, config.test_evaluator
        dataset.ann_file, dataset.data_prefix.img = annotations, f'{images}/'
        evaluator.ann_file = config.data_root + annotations
        for key, value in test_on(runner, dataset, evaluator).items():
            found[f'{split}/{key}'] = value
    return found


def test_on(runner: Runner, dataset: ConfigDict, evaluator: ConfigDict) -> dict:
    """Test on another data set, with the loader of the test set.

    Args:
        runner: Of :func:`finished_run`.
        dataset: Config of the data set.
        evaluator: Config of its metric.
    """
    loader = ConfigDict(runner.cfg.test_dataloader, dataset=dataset)
    return TestLoop(runner, loader, evaluator).run()

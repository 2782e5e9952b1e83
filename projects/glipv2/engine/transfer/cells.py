"""One run of the transfer grid and its config."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mmengine.config import Config, ConfigDict

from ...data_page import missing_data
from ...datasets.coco_text import CocoTextDataset
from ...whole_file import write_whole
from ..config_options import read_config_with
from .few_shot import subset_path
from .sets import SPLITS, TransferSet, find_set

ALL = 'all'  # shots: the whole training split
ZERO_SHOT = 'zero_shot'  # the base model as it is
REPLAY = 'replay'  # full tuning with a share of the original data
EXAMPLES = 'examples'  # the base model, shown boxes of the training split
MODES = (ZERO_SHOT, 'prompt', 'linear', 'full', EXAMPLES, REPLAY)
UNTRAINED = (ZERO_SHOT, EXAMPLES)
# GLIP's "shots_epochs_copies": 1_200_8, 3_200_4, 5_200_2, 10_200_1, 0_200_1.
COPIES = {'1': 8, '3': 4, '5': 2, '10': 1, ALL: 1}
# GLIP with all data: validations without a gain until a step, and until the end.
STEP_PATIENCE, STOP_PATIENCE = 2, 4


@dataclass(frozen=True)
class Cell:
    """One run of the grid.

    Args:
        dataset: Name of the set.
        mode: One of ``MODES``.
        shot: Least boxes per class, or ``ALL``.
        seed: Of the subset and the run.
    """

    dataset: str
    mode: str
    shot: str = ALL
    seed: int = 0

    @property
    def task(self) -> str:
        """Name of the set, fit for a file's name."""
        return self.dataset.replace('/', '_').replace(' ', '_')

    @property
    def name(self) -> str:
        """Name of its files."""
        if self.mode == ZERO_SHOT:
            return f'{self.task}-{self.mode}'
        return f'{self.task}-{self.mode}-shot{self.shot}-seed{self.seed}'


@dataclass(frozen=True)
class Settings:
    """What all runs share; results of other settings are not mixed.

    Args:
        configs: Path of the modes' configs, with ``{mode}`` in it.
        checkpoint: Of the base model.
        data: Folder of the sets.
        ann_file: Name of the annotation file of a split; None: as `find_set` says.
        max_steps: Most training steps of a run.
        max_vals: Most validations of a run.
        old_task: Config whose test data is the old task.
        old_images: Most images of it.
        replay_config: Config whose training data is the original data.
        replay_share: Part of the draws that is original data.
        options: As of ``--cfg-options``, for all runs.
    """

    configs: str
    checkpoint: str
    data: str
    ann_file: str | None
    max_steps: int | None
    max_vals: int | None
    old_task: str | None
    old_images: int | None
    replay_config: str | None
    replay_share: float
    options: dict

    def as_json(self) -> str:
        """Write them out, to compare and to keep."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, default=str)


def cell_config(cell: Cell, settings: Settings, work_dir: Path) -> Config:
    """Configure one run.

    Args:
        cell: The run.
        settings: Of all runs.
        work_dir: Folder of the run.

    Returns:
        Config to train by; for ``UNTRAINED`` to test by.

    Raises:
        FileNotFoundError: If the set lacks a file, or the subset was not sampled.
        ValueError: If the files of the set have other class names, or in another
            order: their prompts would differ.
    """
    mode = 'full' if cell.mode in (*UNTRAINED, REPLAY) else cell.mode
    config = read_config_with(settings.configs.format(mode=mode), {})
    config.merge_from_dict(settings.options)
    config.work_dir, config.load_from = str(work_dir), settings.checkpoint
    config.experiment_name = cell.name  # has to be unique in a process
    config.log_level = 'WARNING'
    config.randomness = dict(seed=cell.seed)
    found = find_set(Path(settings.data), cell.dataset, settings.ann_file)
    _use_data(config, found, cell)
    if cell.mode in UNTRAINED:
        return config
    if cell.shot == ALL:
        _be_less_patient(config)
    dataset = config.train_dataloader.dataset
    dataset.times = COPIES.get(cell.shot, 1)
    images = _images_with_boxes(found.root / dataset.dataset.ann_file)
    batch = config.train_dataloader.batch_size
    steps = math.ceil(images * dataset.times / batch)
    _limit(config, steps, settings)
    if cell.mode == REPLAY:
        _add_replay(config, steps, settings)
    for hook in config.custom_hooks:
        if hook.type == 'WritePromptFile':
            hook.name = cell.task
    # Runs are short: a killed one starts again, so only the best weights are kept.
    config.default_hooks.checkpoint.update(
        interval=-1, save_last=False, save_optimizer=False, save_param_scheduler=False
    )
    if mode == 'prompt':  # the prompt's file is all
        config.default_hooks.checkpoint.update(save_best=None)
    return config


def old_task_config(settings: Settings, folder: Path) -> Config:
    """Configure the old task's test, on the first images of its test data.

    Args:
        settings: Of all runs.
        folder: For the annotation file of these images.

    Returns:
        Config with ``test_dataloader`` and ``test_evaluator``.
    """
    config = read_config_with(settings.old_task, {})
    _run_in_process(config.test_dataloader)
    if settings.old_images is None:
        return config
    content = json.loads(Path(config.test_evaluator.ann_file).read_text())
    images = content['images'][: settings.old_images]
    kept = {image['id'] for image in images}
    annotations = [a for a in content['annotations'] if a['image_id'] in kept]
    path = (folder / 'old_task.json').resolve()
    content = dict(content, images=images, annotations=annotations)
    write_whole(path, json.dumps(content).encode())
    config.test_dataloader.dataset.ann_file = str(path)
    config.test_evaluator.ann_file = str(path)
    return config


def _use_data(config: Config, found: TransferSet, cell: Cell) -> None:
    """Point the loaders and metrics at the splits of a set."""
    names = {}
    for split in SPLITS:
        part = found.part(split)
        if split == 'train' and cell.mode != ZERO_SHOT and cell.shot != ALL:
            whole = Path(part['ann_file'])
            part['ann_file'] = str(subset_path(whole, cell.shot, cell.seed))
        file = found.root / part['ann_file']
        if not file.is_file():
            made = 'fewshot' in file.name
            raise missing_data(file, key='run sample_few_shot.py' if made else '')
        reader = CocoTextDataset(
            ann_file=str(file), metainfo=part['metainfo'], lazy_init=True
        )
        names[file] = reader.metainfo['classes']
        loader = config[f'{split}_dataloader']
        dataset = loader.dataset.get('dataset', loader.dataset)
        for key, value in part.items():  # update() would keep words of the config's set
            dataset[key] = value
        if split != 'train':
            config[f'{split}_evaluator'].ann_file = str(file)
        _run_in_process(loader)
    _check_same_names(names)


def _check_same_names(names: Mapping[Path, Sequence[str]]) -> None:
    (first, wanted), *others = names.items()
    for file, found in others:
        if found != wanted:
            raise ValueError(
                f'{first} and {file} have other class names or another order, so '
                f'their prompts differ: {list(wanted)} and {list(found)}; correct the '
                'categories of one'
            )


def _be_less_patient(config: Config) -> None:
    for scheduler in config.param_scheduler:
        if scheduler.type == 'ReduceOnPlateauLR':
            scheduler.patience = STEP_PATIENCE
    for hook in config.custom_hooks:
        if hook.type == 'EarlyStoppingHook':
            hook.patience = STOP_PATIENCE


def _run_in_process(loader: ConfigDict) -> None:
    """Load in the run's own process: parallel runs use all cores already."""
    loader.update(num_workers=0, persistent_workers=False)


def _images_with_boxes(file: Path) -> int:
    annotations = json.loads(file.read_text())['annotations']
    return len({a['image_id'] for a in annotations if not a.get('iscrowd', 0)})


def _limit(config: Config, steps: int, settings: Settings) -> None:
    """Cut epochs and validations; the last epoch is always validated."""
    epochs = config.train_cfg.max_epochs
    if settings.max_steps is not None:
        epochs = min(epochs, max(1, round(settings.max_steps / steps)))
    interval = config.train_cfg.val_interval
    if settings.max_vals is not None:
        interval = max(interval, math.ceil(epochs / settings.max_vals))
    epochs = interval * max(1, epochs // interval)
    config.train_cfg.update(max_epochs=epochs, val_interval=interval)


def _add_replay(config: Config, steps: int, settings: Settings) -> None:
    """Mix original data into the training data, which has no epochs then."""
    original = read_config_with(settings.replay_config, {}).train_dataloader.dataset
    sets, weights = [original], [1.0]
    if original.type == 'MixedDataset':
        sets = original.datasets
        weights = original.get('weights') or [1.0] * len(sets)
    share = settings.replay_share
    scaled = [share * weight / sum(weights) for weight in weights]
    loader = config.train_dataloader
    loader.dataset = ConfigDict(
        type='MixedDataset',
        datasets=[loader.dataset, *sets],
        weights=[1 - share, *scaled],
        seed=config.randomness.seed,
    )
    loader.sampler = ConfigDict(type='MixtureSampler')
    loader.batch_sampler = None
    epochs = config.train_cfg.max_epochs
    config.train_cfg = ConfigDict(
        type='IterBasedTrainLoop',
        max_iters=epochs * steps,
        val_interval=config.train_cfg.val_interval * steps,
    )
    config.default_hooks.checkpoint.by_epoch = False
    config.log_processor = dict(by_epoch=False)
